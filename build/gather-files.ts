/**
 * esbuild makes one file for each set of entry points that share code, and loads a program's start from a
 * hundred small files. Rollup puts them together: one file for each set of starts, and what is loaded
 * late stays in files of its own.
 */
import path from 'node:path';
import type { BuildResult } from 'esbuild';
import { rollup, type OutputChunk } from 'rollup';

export interface BundledFile {
  readonly path: string;
  readonly contents: string | Uint8Array;
}

export interface Start {
  /** For the file of what no other start loads. */
  readonly name: string;
  /** Starts of one group share a file, though one of them does not need all of it. */
  readonly group: string;
  /** True: of a program that keeps running. */
  readonly isOfDaemon?: true;
  /** Loaded together, as entry points or with `await import(…)`. */
  readonly sources: readonly string[];
}

export interface Gathering {
  /** The folder to which the metafile's paths are relative. */
  readonly root: string;
  readonly outdir: string;
  /** By the name of the program: its source. */
  readonly programs: Readonly<Record<string, string>>;
  readonly starts: readonly Start[];
  /** Sources of programs that keep running. What they load late is loaded by itself, also where other programs share it. */
  readonly daemons: readonly string[];
  /** The first line of each file. */
  readonly banner: string;
}

const atOnce: ReadonlySet<string> = new Set(['import-statement']);
const everLoaded: ReadonlySet<string> = new Set(['import-statement', 'dynamic-import']);

type Bundled = BuildResult<{ write: false; metafile: true }>;

/** @throws Error if a source of a group is no longer an entry point, or is not imported with await import() */
export async function gatherFiles(
  { outputFiles, metafile }: Bundled,
  { root, outdir, programs, starts, daemons, banner }: Gathering,
): Promise<readonly BundledFile[]> {
  const texts = new Map(outputFiles.map((file) => [file.path, file.text]));
  const chunks = new Map(
    Object.entries(metafile.outputs).map(([name, chunk]) => [path.resolve(root, name), chunk]),
  );
  const fileOf = (source: string): string => {
    const [file] = [...chunks].find(([, { entryPoint }]) => entryPoint === source) ?? [];
    if (file === undefined) throw new Error(`${source} is no entry point of any program`);
    return file;
  };
  const loadedWith = (
    sources: readonly string[],
    kinds: ReadonlySet<string>,
  ): ReadonlySet<string> => {
    const found = new Set(sources.map(fileOf));
    for (const file of found) {
      for (const { kind, external, path: name } of chunks.get(file)?.imports ?? []) {
        if (kinds.has(kind) && external !== true) found.add(path.resolve(root, name));
      }
    }
    return found;
  };
  const input = Object.fromEntries(
    Object.entries(programs).map(([name, source]) => [name, fileOf(source)]),
  );
  const entries = new Set(Object.values(input));
  const groups = groupFiles(
    starts.map((start) => ({ start, files: loadedWith(start.sources, atOnce) })),
    loadedWith(daemons, everLoaded),
  );
  const bundle = await rollup({
    input,
    // esbuild has already done so.
    treeshake: false,
    external: (name) => !name.startsWith('.') && !path.isAbsolute(name),
    plugins: [
      {
        name: 'bundled-files',
        resolveId: (name, from) =>
          path.resolve(from === undefined ? root : path.dirname(from), name),
        load: (file) => texts.get(file),
      },
    ],
    onwarn: ({ message }) => {
      throw new Error(message);
    },
  });
  const { output } = await bundle.generate({
    format: 'es',
    dir: outdir,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    compact: true,
    hoistTransitiveImports: false,
    banner,
    manualChunks: (file) => (entries.has(file) ? undefined : groups.get(file)),
  });
  for (const file of output) {
    if (file.type === 'chunk') refuseImportsOf(Object.keys(programs), file);
  }
  const licenses = outputFiles.filter((file) => file.path.endsWith('.LEGAL.txt'));
  return [
    ...output.map((file) => ({
      path: path.join(outdir, file.fileName),
      contents: file.type === 'chunk' ? file.code : file.source,
    })),
    ...licenses,
  ];
}

/** A program that is imported would run, or would wait for itself where it loads the file late. */
function refuseImportsOf(names: readonly string[], { fileName, imports }: OutputChunk): void {
  const program = names.find((name) => imports.includes(`${name}.js`));
  if (program === undefined) return;
  throw new Error(`${fileName} imports ${program}.js: give what they share a name in groupFiles`);
}

interface Loaded {
  readonly start: Start;
  readonly files: ReadonlySet<string>;
}

/**
 * Names a file of the result for each file: the start that alone loads it, or all groups that do. What a
 * file imports is loaded by the same groups at least, so the results do not import each other in a circle.
 */
function groupFiles(
  loaded: readonly Loaded[],
  ofDaemons: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const files = new Set(loaded.flatMap((one) => [...one.files]));
  return new Map(
    [...files].map((file): readonly [string, string] => {
      const loaders = loaded.filter((one) => one.files.has(file)).map(({ start }) => start);
      const isLate = ofDaemons.has(file) && !loaders.some(({ isOfDaemon }) => isOfDaemon);
      if (isLate) return [file, path.basename(file, '.js')];
      const [only] = loaders;
      if (loaders.length === 1 && only !== undefined) return [file, only.name];
      const groups = new Set(loaders.map(({ group }) => group));
      if (!groups.has('daemon')) return [file, [...groups].join('-')];
      return [file, groups.has('helper') ? 'shared-by-all' : 'shared'];
    }),
  );
}
