/**
 * Bundles the programs of these benchmarks as `npm run build` bundles the daemons: a loader of TypeScript
 * gives every closure a name at run time, which would be measured as well.
 */
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

const programs = {
  simulator: 'bench/simulator/simulator.child.ts',
  'raw-server': 'bench/controller/raw-server.child.ts',
  controller: 'bench/controller/controller.child.ts',
  // The controller looks for these beside itself.
  'calico-controller-decider': 'controller/decider.ts',
  'calico-controller-store': 'controller/store-thread.ts',
};

export type ChildProgram = 'simulator' | 'raw-server' | 'controller';

const banner =
  "import{createRequire as _createRequire}from'node:module';const require=_createRequire(import.meta.url),__dirname=import.meta.dirname;";

/** @returns the folder with the programs */
export async function bundleChildren(): Promise<string> {
  const outdir = mkdtempSync(path.join(tmpdir(), 'calico-bench-programs-'));
  await build({
    absWorkingDir: root,
    entryPoints: programs,
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    // Profiles need the names.
    minifyIdentifiers: process.env['FLEET_PROFILE'] === undefined,
    banner: { js: banner },
    logLevel: 'warning',
  });
  writeFileSync(path.join(outdir, 'package.json'), '{"type":"module"}');
  const sqlite = fileURLToPath(import.meta.resolve('node-sqlite3-wasm'));
  const wasm = 'node-sqlite3-wasm.wasm';
  copyFileSync(path.join(path.dirname(sqlite), wasm), path.join(outdir, wasm));
  return outdir;
}
