/**
 * A program for a thread, beside this module: in dist/ it is JavaScript, in the sources TypeScript,
 * for which a thread needs its own loader.
 * @param bundled its name in dist/
 * @param source its path from the folder of the sources
 */
export function threadBeside(bundled: string, source: string): URL {
  const here = import.meta.url;
  if (!here.endsWith('.ts')) return new URL(bundled, here);
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const program = JSON.stringify(new URL(`../../${source}`, here).href);
  const text = `import { register } from ${loader}; register(); await import(${program});`;
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}
