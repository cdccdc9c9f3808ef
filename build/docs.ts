/** Makes the documents that are generated from other files. Needs the built programs in dist/. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandReference } from './documents/command-reference.ts';
import { decisionIndex } from './documents/decision-index.ts';
import { runScript, script } from './script.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

await runScript(
  script('npm run docs', 'Makes docs/commands.md and the index of the decisions.').action(
    async () => {
      const docs = path.join(root, 'docs');
      const decisions = path.join(docs, 'decisions');
      await writeFile(
        path.join(docs, 'commands.md'),
        await commandReference(path.join(root, 'dist')),
      );
      await writeFile(path.join(decisions, 'README.md'), await decisionIndex(decisions));
    },
  ),
);
