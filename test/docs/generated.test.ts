/** Generated documents are up to date. `npm run docs` makes them. */
import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { commandReference } from '../../build/documents/command-reference.ts';
import { decisionIndex } from '../../build/documents/decision-index.ts';
import { buildPrograms } from './scratch-machine.ts';

const remedy = 'run npm run docs';

describe('the documents that a script makes', function () {
  this.timeout(300_000);

  it('docs/commands.md has the help of every command', async () => {
    await buildPrograms();
    expect(await readFile('docs/commands.md', 'utf8'), remedy).to.equal(
      await commandReference('dist'),
    );
  });

  it('docs/decisions/README.md has every record, with its date and status', async () => {
    const index = await decisionIndex('docs/decisions');
    expect(await readFile('docs/decisions/README.md', 'utf8'), remedy).to.equal(index);
  });
});
