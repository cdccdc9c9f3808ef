/**
 * Bundles the two programs, the processes in which they decide, and the helper that may change routes
 * into dist/, or into the folder that is named. Splitting keeps every `await import(…)` a file of its own,
 * so that the daemon loads yaml, winston and ws when it first needs them and not at its start, except for
 * the modules of each start, which lie in few files (bench/agent/daemon.ts measures it).
 */
import { chmod, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { gatherFiles, type Start } from './gather-files.ts';
import { runScript, script } from './script.ts';
import { writeChanged } from './write-changed.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** SQLite, which its package reads from beside itself. */
const sqlite = path.join(
  path.dirname(fileURLToPath(import.meta.resolve('node-sqlite3-wasm'))),
  'node-sqlite3-wasm.wasm',
);

const programs = {
  'calico-agent': 'agent/main.ts',
  'calico-agent-decider': 'agent/decider.ts',
  'calico-agent-guard': 'agent/guard-helper.ts',
  'calico-agent-host': 'agent/host-helper.ts',
  'calico-controller': 'controller/main.ts',
  'calico-controller-decider': 'controller/decider.ts',
  'calico-controller-store': 'controller/store-thread.ts',
};

/** Sources that are loaded at a start, also those with `await import(…)`. */
const starts: readonly Start[] = [
  {
    name: 'daemon',
    group: 'daemon',
    isOfDaemon: true,
    sources: [
      'agent/daemon/run.ts',
      'agent/adapters/calico-files/driver.ts',
      'schemas/generated/agent-config.validator.js',
      'schemas/generated/agent-state.validator.js',
      'schemas/generated/logged-event.validator.js',
      'schemas/generated/revision.validator.js',
    ],
  },
  {
    name: 'save-memory',
    group: 'daemon',
    isOfDaemon: true,
    sources: ['agent/daemon/save-memory.ts'],
  },
  {
    name: 'first-pass',
    group: 'pass',
    isOfDaemon: true,
    sources: [
      'core/deciding/plan-all-targets.ts',
      'core/facts/from-input.ts',
      'core/plan/pools/pools-to-change.ts',
      'schemas/generated/host-edits.validator.js',
    ],
  },
  { name: 'agent-decider', group: 'decider', sources: ['agent/decider.ts'] },
  { name: 'controller-decider', group: 'decider', sources: ['controller/decider.ts'] },
  { name: 'agent', group: 'main', sources: ['agent/main.ts'] },
  { name: 'commands', group: 'commands', sources: ['agent/cli/run-cli.ts'] },
  { name: 'controller', group: 'main', sources: ['controller/main.ts'] },
  { name: 'serve', group: 'serve', isOfDaemon: true, sources: ['controller/serve.ts'] },
  {
    name: 'store',
    group: 'store',
    isOfDaemon: true,
    sources: ['controller/store-thread.ts'],
  },
  { name: 'guard', group: 'helper', sources: ['agent/guard-helper.ts'] },
  { name: 'host', group: 'helper', sources: ['agent/host-helper.ts'] },
];

const daemons = ['agent/daemon/run.ts', 'controller/serve.ts'];

// Packages in CommonJS ask for node's modules by require(), and for their own folder, which ES modules
// do not have.
const banner =
  "import{createRequire as _createRequire}from'node:module';const require=_createRequire(import.meta.url),__dirname=import.meta.dirname;";

await runScript(
  script('npm run build', 'Makes the types of the schemas, and bundles both programs.')
    .argument(
      '[folder]',
      'where the programs go; other files in it are removed',
      path.join(root, 'dist'),
    )
    .action((folder: string) => bundle(path.resolve(folder))),
);

async function bundle(outdir: string): Promise<void> {
  const bundled = await build({
    write: false,
    metafile: true,
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
    // V8 keeps the text of all loaded files: docs/decisions/0005.
    minifyIdentifiers: true,
    legalComments: 'linked',
    logLevel: 'warning',
  });
  const files = [
    ...(await gatherFiles(bundled, { root, outdir, programs, starts, daemons, banner })),
    { path: path.join(outdir, path.basename(sqlite)), contents: await readFile(sqlite) },
  ];
  await mkdir(outdir, { recursive: true });
  await Promise.all(files.map(({ path: file, contents }) => writeChanged(file, contents)));
  const made = new Set(files.map(({ path: file }) => path.basename(file)));
  const others = (await readdir(outdir)).filter((name) => !made.has(name));
  await Promise.all(others.map((name) => rm(path.join(outdir, name), { recursive: true })));
  await Promise.all(
    ['calico-agent.js', 'calico-controller.js'].map((name) =>
      chmod(path.join(outdir, name), 0o755),
    ),
  );
}
