import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { inFolder, run } from './run-command.ts';
import { writeFile } from 'node:fs/promises';
import { needsShell, wordsOffered } from '../../support/shells/offered.ts';

/** What bash would offer for the words so far. */
function complete(script: string, folder: string, ...words: readonly string[]): string[] {
  const program = `
    source /dev/stdin <<'SCRIPT'
${script}
SCRIPT
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _calico_agent
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ['--norc', '--noprofile', '-c', program, 'bash', 'calico-agent', ...words];
  const { stdout, stderr, status } = spawnSync('bash', args, { cwd: folder, encoding: 'utf8' });
  expect([stderr, status]).to.deep.equal(['', 0]);
  return stdout.split('\n').filter((word) => word !== '');
}

describe('completion', () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['commands', ['re'], ['render', 'resources', 'release-hold', 'release']],
    ['commands of a command', ['stale-nodes', 'r'], ['remove']],
    ['options of its commands', ['stale-nodes', 'remove', '--f'], ['--force']],
    ['values of --from', ['export', '--from', 'k'], ['kubernetes']],
    ['options', ['render', '--p'], ['--peering']],
    ['values of an option', ['render', 'c.yaml', '--peering', ''], ['selectors', 'per-node']],
    ['values of a short option', ['status', '-o', 'j'], ['json']],
    ['shells', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['files, with spaces in their names', ['check', 'my'], ['my config.yaml']],
    ['files after an option that takes one', ['check', '--nodes', 'no'], ['nodes.yaml']],
    [
      'options where no argument can stand',
      ['peers', ''],
      ['--socket', '-o', '--output', '-h', '--help'],
    ],
  ];
  for (const [what, words, offered] of cases) {
    it(`offers ${what} in bash`, async () => {
      const { stdout: script } = await run(['completion', 'bash']);
      await inFolder(async (folder) => {
        await writeFile(`${folder}/my config.yaml`, '');
        await writeFile(`${folder}/nodes.yaml`, '');
        expect(complete(script, folder, ...words)).to.deep.equal(offered);
      });
    });
  }

  for (const shell of ['zsh', 'fish'] as const) {
    it(`offers the same words in ${shell}`, async function () {
      needsShell(this, shell);
      this.timeout(60_000);
      const { stdout: script } = await run(['completion', shell]);
      await inFolder(async (folder) => {
        await writeFile(`${folder}/my config.yaml`, '');
        await writeFile(`${folder}/nodes.yaml`, '');
        const lineOf = (words: readonly string[]): string => ['calico-agent', ...words].join(' ');
        // Both shells offer options only to a line that begins one.
        const asked = cases.filter(([, words]) => words[0] !== 'peers');
        const lines = asked.map(([, words]) => lineOf(words));
        const asking = { program: 'calico-agent', script, folder, programs: folder };
        const answers = await wordsOffered(shell, {
          ...asking,
          lines: [...lines, lineOf(['peers', '-'])],
        });
        for (const [what, words, expected] of asked) {
          expect(answers.get(lineOf(words)), what).to.deep.equal([...expected].sort());
        }
        const options = ['--help', '--output', '--socket', '-h', '-o'];
        expect(answers.get(lineOf(['peers', '-']))).to.deep.equal(options);
      });
    });

    it(`knows every command and option in ${shell}`, async () => {
      const { status, stdout } = await run(['completion', shell]);
      expect(status).to.equal(0);
      const words = ['check', 'render', 'history', 'peering', 'take-over', 'selectors', 'per-node'];
      for (const word of words) expect(stdout).to.contain(word);
    });
  }
});
