import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { runProgram, type Program } from '../../../runtime/cli/program.ts';
import type { Terminal } from '../../../runtime/cli/terminal.ts';

const program: Program<Terminal> = {
  name: 'some-program',
  description: 'A program.',
  examples: [],
  exitStatuses: '',
  options: (command) =>
    void command.enablePositionalOptions().option('--server <url>', 'where the server is'),
  commands: [
    (command) =>
      void command
        .command('push')
        .option('--accept-loss', 'go on')
        .action(() => undefined),
    (command) => {
      const rollout = command.command('rollout');
      rollout
        .command('start')
        .option('--strategy <file>', 'the waves')
        .action(() => undefined);
    },
  ],
};

async function errorOf(...argv: readonly string[]): Promise<string> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const printed = text(stderr);
  const status = await runProgram(program, argv, { stdin: new PassThrough(), stdout, stderr });
  expect(status).to.equal(2);
  stderr.end();
  return printed;
}

describe('an unknown option', () => {
  for (const [what, argv, hint] of [
    [
      'that is similar to one of the command',
      ['push', '--acept-loss'],
      'Did you mean --accept-loss?',
    ],
    ['that begins one of the command', ['push', '--accept'], 'did you mean --accept-loss?'],
    ['with a value', ['rollout', 'start', '--stratgy=a-file.yaml'], 'did you mean --strategy?'],
    [
      'that stands before the command',
      ['push', '--server', 'x'],
      '--server stands before the command: some-program --server … push',
    ],
    ['of another command', ['push', '--strategy=x'], '--strategy is an option of: rollout start'],
    ['that is similar to none', ['push', '--nothing'], undefined],
    ['before the command', ['--nothing', 'push'], undefined],
  ] as const) {
    it(`${what} is refused${hint === undefined ? '' : ', with the one that is meant'}`, async () => {
      const error = await errorOf(...argv);
      expect(error).to.contain('error: unknown option').and.to.contain('(--help says more)');
      const hints = error.split('\n').filter((line) => /^\((?!--help)/.test(line));
      expect(hints).to.deep.equal(hint === undefined ? [] : [`(${hint})`]);
    });
  }
});
