/**
 * Bundles the two programs, the processes in which they decide, and the helper that may change routes
 * into dist/, or into the folder that is named. Splitting keeps every `await import(…)` a file of its own,
 * so that the daemon loads yaml, winston, ws and the validators when it first needs them and not
 * at its start (bench/daemon measures it).
 */
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { runScript, script } from './script.ts';
import { writeChanged } from './write-changed.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

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
  const { outputFiles } = await build({
    write: false,
    absWorkingDir: root,
    entryPoints: {
      'calico-agent': 'agent/main.ts',
      'calico-agent-decider': 'agent/decider.ts',
      'calico-agent-guard': 'agent/guard-helper.ts',
      'calico-agent-host': 'agent/host-helper.ts',
      'calico-controller': 'controller/main.ts',
      'calico-controller-decider': 'controller/decider.ts',
    },
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'linked',
    // Packages in CommonJS ask for node's modules by require(), which ES modules do not have.
    banner: {
      js: "import{createRequire as _createRequire}from'node:module';const require=_createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  await mkdir(outdir, { recursive: true });
  await Promise.all(outputFiles.map(({ path: file, contents }) => writeChanged(file, contents)));
  const made = new Set(outputFiles.map(({ path: file }) => path.basename(file)));
  const others = (await readdir(outdir)).filter((name) => !made.has(name));
  await Promise.all(others.map((name) => rm(path.join(outdir, name), { recursive: true })));
  await Promise.all(
    ['calico-agent.js', 'calico-controller.js'].map((name) =>
      chmod(path.join(outdir, name), 0o755),
    ),
  );
}
