/** calico-agent rollback: rolls the accepted revision back, also while the daemon does not run. */
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
import { printAnswer } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { RolledBack } from '../../../schemas/generated/agent-api/rolled-back.ts';
import type { CommandContext } from '../command-context.ts';
import { addSocketOption, createAgentClient } from '../daemon/agent-client.ts';
import { rolledBackAnswer } from '../daemon/answers.ts';
import {
  addStateDirectoryOption,
  orOnDisk,
  type StateDirectoryOptions,
} from '../state-directory.ts';

interface RollbackOptions
  extends SocketOptions, OutputOptions, WaitOptions, StateDirectoryOptions {}

const answerGraceSeconds = 10;

export function addRollback(program: Command, context: CommandContext, toAction: ToAction): void {
  const command = program
    .command('rollback')
    .summary('roll the last change back')
    .description(
      'Rejects the accepted revision, and brings another one into force: the last confirmed one, or ' +
        'the one that REVISION names. If the change was for all nodes, the other agents roll it ' +
        'back as well. Without a running daemon the command writes this into the state directory (as ' +
        'root), and the next start of the agent does it.',
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
  const { by, stdout } = context;
  const { wait, output } = options;
  const request = { by, ...(revision !== undefined && { revision }) };
  let isDead = false;
  const answer = await orOnDisk<RolledBack>(
    () => ask(request, options),
    options,
    context,
    (directory) => {
      isDead = true;
      return context.rollBackOnDisk(directory, request);
    },
  );
  await printAnswer(stdout, output, answer, (safe) =>
    isDead ? nextStartText(safe) : rollbackText(safe, wait),
  );
  return answer.ended?.result === 'failed' || isLate(answer, wait) ? 1 : 0;
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

function isLate({ ended }: RolledBack, wait: RollbackOptions['wait']): boolean {
  return wait !== undefined && ended === undefined;
}

function nextStartText({ from, to }: RolledBack): string {
  const [was, next] = [revisionText(from), revisionText(to)];
  return `revision ${was} is rolled back; the next start of the agent brings revision ${next} into force: systemctl start calico-agent`;
}

function rollbackText(answer: RolledBack, wait: RollbackOptions['wait']): string {
  const { from, to, ended } = answer;
  const what = `revision ${revisionText(from)} is rolled back`;
  const target = `revision ${revisionText(to)}`;
  if (ended === undefined) {
    return isLate(answer, wait)
      ? `${what}; ${target} is not in force in time; the agent continues with it: calico-agent status`
      : `${what}; the agent brings ${target} into force: calico-agent status`;
  }
  switch (ended.result) {
    case 'confirmed':
      return `${what}; ${target} is in force`;
    case 'failed':
      return `${what}; ${target} cannot be brought into force yet: ${ended.message}`;
    case 'superseded':
      return `${what}; another revision was accepted meanwhile`;
  }
}
