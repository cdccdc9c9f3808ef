/** calico-agent rollback: takes the last change back, with the daemon dead as well. */
import type { Command } from 'commander';
import { revisionText } from '../../../core/revision/revision-text.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  addWaitOption,
  examples,
  secondsToWait,
  type OutputOptions,
  type SocketOptions,
  type WaitOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer, write } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { RolledBack } from '../../../schemas/generated/agent-api/rolled-back.ts';
import type { CommandContext } from '../command-context.ts';
import { addSocketOption, createAgentClient } from '../daemon/agent-client.ts';
import { rolledBackAnswer } from '../daemon/answers.ts';
import { addStateDirectoryOption, orOnDisk, type StateDirectoryOptions } from './on-disk.ts';

interface RollbackOptions
  extends SocketOptions, OutputOptions, WaitOptions, StateDirectoryOptions {}

const answerGraceSeconds = 10;

export function addRollback(program: Command, context: CommandContext, toAction: ToAction): void {
  const command = program
    .command('rollback')
    .summary('take the last change back')
    .description(
      'Rejects the accepted revision, and puts another one into force: the last confirmed one, or ' +
        'one that this node keeps. Where the change was made for all nodes, the other agents go back ' +
        'as well. Without a running daemon the command notes it in the state directory (as root), ' +
        'and the next start goes back.',
    )
    .argument(
      '[revision]',
      'a number, lineage and number, or 7 or more digits of the digest (default: the last confirmed one)',
    );
  addWaitOption(command, 'it is in force again');
  addOutputOption(addSocketOption(addStateDirectoryOption(command)))
    .addHelpText(
      'after',
      examples([
        ['undo the last change, and wait for it', 'calico-agent rollback --wait'],
        ['to a revision of calico-agent history', 'calico-agent rollback 3'],
      ]),
    )
    .action(
      toAction((revision: string | undefined, options: RollbackOptions) =>
        rollback(revision, options, context),
      ),
    );
}

async function rollback(
  revision: string | undefined,
  options: RollbackOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const { by, stdout, stderr } = context;
  const { stateDirectory, output } = options;
  const request = { by, ...(revision !== undefined && { revision }) };
  const answer = await orOnDisk(
    () => ask(request, options),
    async (): Promise<RolledBack> => {
      const noted = await context.rollBackOnDisk(stateDirectory, request);
      await write(stderr, 'no daemon answers: the next start of the agent goes back\n');
      return noted;
    },
  );
  await printAnswer(stdout, output, answer, (safe) => rollbackText(safe, options.wait));
  return answer.settled?.result === 'failed' || isLate(answer, options.wait) ? 1 : 0;
}

function ask(
  request: Readonly<Record<string, string>>,
  { socket, ...options }: RollbackOptions,
): Promise<RolledBack> {
  const seconds = secondsToWait(options);
  const query = new URLSearchParams({
    ...request,
    ...(seconds !== undefined && { wait: String(seconds) }),
  });
  return answerOf(
    createAgentClient(socket).change({
      method: 'POST',
      path: `/v1/rollback?${query.toString()}`,
      ...(seconds !== undefined && { timeoutMs: (seconds + answerGraceSeconds) * 1000 }),
    }),
    rolledBackAnswer,
  );
}

function isLate({ settled }: RolledBack, wait: RollbackOptions['wait']): boolean {
  return wait !== undefined && settled === undefined;
}

function rollbackText(answer: RolledBack, wait: RollbackOptions['wait']): string {
  const { from, to, settled } = answer;
  const what = `revision ${revisionText(from)} is taken back`;
  const target = `revision ${revisionText(to)}`;
  if (settled === undefined) {
    const late = isLate(answer, wait) ? ', not in time; the agent goes on with it' : '';
    return `${what}; ${target} is being put back${late}: calico-agent status`;
  }
  switch (settled.result) {
    case 'confirmed':
      return `${what}; ${target} is in force`;
    case 'failed':
      return `${what}; ${target} cannot be put back yet: ${settled.message}`;
    case 'superseded':
      return `${what}; another revision was accepted meanwhile`;
  }
}
