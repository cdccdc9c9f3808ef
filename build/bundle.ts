/**
 * Bundles the two programs, and the processes in which they decide, into dist/, or into the folder that
 * is named. Splitting keeps every `await import(…)` a file of its own,
 * so that the daemon loads yaml, winston, ws and the validators when it first needs them and not
 * at its start (bench/daemon measures it).
 */
import { chmod, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { runScript, script } from './script.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

await runScript(
  script('npm run build', 'Makes the types of the schemas, and bundles both programs.')
    .argument(
      '[folder]',
      'where the programs go; what is in it is removed',
      path.join(root, 'dist'),
    )
    .action((folder: string) => bundle(path.resolve(folder))),
);

async function bundle(outdir: string): Promise<void> {
  await rm(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: {
      'calico-agent': 'agent/main.ts',
      'calico-agent-decider': 'agent/decider.ts',
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
  await Promise.all(
    ['calico-agent.js', 'calico-controller.js'].map((name) =>
      chmod(path.join(outdir, name), 0o755),
    ),
  );
}
