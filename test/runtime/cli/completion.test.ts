import { spawnSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { addCompletion } from '../../../runtime/cli/completion/completion.ts';
import { runProgram, type Program } from '../../../runtime/cli/program.ts';
import type { Terminal } from '../../../runtime/cli/terminal.ts';

const program: Program<Terminal> = {
  name: 'some-other-program',
  description: 'A program.',
  examples: [],
  exitStatuses: '',
  commands: [
    (command) =>
      void command.command('push').summary('send it').option('--wait <seconds>', "don't go on"),
    addCompletion,
  ],
};

async function scriptFor(shell: string): Promise<string> {
  const stdout = new PassThrough();
  const written = text(stdout);
  await runProgram(program, ['completion', shell], {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
  });
  stdout.end();
  return written;
}

/** What bash would offer for the words so far. */
function complete(script: string, ...words: readonly string[]): readonly string[] {
  const lines = `
    source /dev/stdin <<'SCRIPT'
${script}
SCRIPT
    complete -p some-other-program >&2
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _some_other_program
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ['--norc', '--noprofile', '-c', lines, 'bash', program.name, ...words];
  const { stdout, stderr } = spawnSync('bash', args, { encoding: 'utf8' });
  expect(stderr).to.match(/ -F _some_other_program some-other-program\n$/);
  return stdout.split('\n').filter((word) => word !== '');
}

describe('completion of any program', () => {
  it('offers its commands and options in bash, under its own name', async () => {
    const script = await scriptFor('bash');
    expect(complete(script, 'p')).to.deep.equal(['push']);
    expect(complete(script, 'push', '--w')).to.deep.equal(['--wait']);
    expect(complete(script, 'completion', 'z')).to.deep.equal(['zsh']);
  });

  for (const shell of ['bash', 'zsh', 'fish']) {
    it(`names no other program in ${shell}`, async () => {
      const script = await scriptFor(shell);
      expect(script).to.contain('some-other-program').and.not.contain('calico');
    });
  }
});
