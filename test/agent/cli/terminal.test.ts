/** Raw texts from outside never reach a terminal. */
import { expect } from 'chai';
import { readdir, readFile } from 'node:fs/promises';
import { isPrintable } from '../../../core/printable.ts';
import { run } from './run-command.ts';

const escapes = '\\e[2J\\a\\u009b31m\\u202e\\u2028\\u200b';
const hostileConfig = [
  'apiVersion: calico-agent/v1',
  'kind: NetworkConfig',
  `"${escapes}": 1`,
  'groups:',
  `  - name: "g${escapes}\\nforged: line"`,
  '    match: { units: [calico/0] }',
  '',
].join('\n');

function isSafe(text: string): boolean {
  return isPrintable(text.replaceAll('\n', ''));
}

describe('a command on a terminal', () => {
  for (const output of ['text', 'json', 'yaml']) {
    it(`shows escapes of a document in visible form: check -o ${output}`, async () => {
      const ran = await run(['check', '-', '-o', output], { input: hostileConfig });
      expect(ran.status).to.equal(2);
      expect(ran.stdout).to.match(/\\u001b|\\e/);
      expect(isSafe(ran.stdout + ran.stderr)).to.equal(true);
      expect(ran.stdout).not.to.match(/^forged/m);
    });
  }

  it('shows escapes of its arguments in visible form', async () => {
    const ran = await run(['check', '/no\u001bsuch\nfile']);
    expect(isSafe(ran.stderr)).to.equal(true);
    expect(ran.stderr.trim().split('\n')).to.have.length(1);
  });

  it('writes through the printer only', async () => {
    const writers: string[] = [];
    for (const name of ['agent/cli', 'controller/cli', 'runtime/cli']) {
      const folder = new URL(`../../../${name}/`, import.meta.url);
      for (const file of await readdir(folder, { recursive: true })) {
        if (!file.endsWith('.ts')) continue;
        const text = await readFile(new URL(file, folder), 'utf8');
        for (const [call] of text.matchAll(/\b(?:stdout|stderr|stream)\.write\(\w+/g)) {
          writers.push(`${name}/${file}: ${call}`);
        }
      }
    }
    // The screen of watch writes its own escapes around lines that were made printable.
    expect(writers.toSorted()).to.deep.equal([
      'agent/cli/watch/screen.ts: stdout.write(enter',
      'agent/cli/watch/screen.ts: stdout.write(leave',
      // Escapes of the picture of a rollout, and lines that were made printable.
      'runtime/cli/print.ts: stream.write(over',
      'runtime/cli/print.ts: stream.write(printableLines',
      // A document of the user, for a pipe or a file alone.
      'runtime/cli/print.ts: stream.write(text',
      'runtime/cli/program.ts: stderr.write(printableLines',
      'runtime/cli/program.ts: stdout.write(printableLines',
    ]);
  });
});
