/** Runs the command in the head of each example. UPDATE_GOLDENS=1 writes its output anew. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { run } from '../run-command.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const names = readdirSync(`${root}examples`).filter((name) => name.startsWith('kops-'));

describe('the examples of calico-agent kops', () => {
  for (const name of names) {
    it(`prints what ${name} promises`, async () => {
      const document = readFileSync(`${root}examples/${name}/cluster.yaml`, 'utf8');
      const [, command = ''] = /^# {3}calico-agent (kops .*)$/m.exec(document) ?? [];
      const words = command
        .split(' ')
        .map((word) => word.replace(/^examples\//, `${root}examples/`));
      const { stdout, stderr } = await run(words);
      expect(stderr).to.equal('');
      const printed = stdout.replaceAll(`${root}examples/`, 'examples/');
      const golden = `${root}examples/${name}/expected/output.txt`;
      if (process.env['UPDATE_GOLDENS'] !== undefined) writeFileSync(golden, printed);
      expect(printed).to.equal(readFileSync(golden, 'utf8'));
    });
  }

  it('has an example for a check, an edit and a change of the provider', () => {
    expect(names.length).to.be.at.least(3);
  });
});
