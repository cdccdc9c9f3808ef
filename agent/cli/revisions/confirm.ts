/** calico-agent confirm: a person confirms the revision in force. */
import type { Command } from 'commander';
import { revisionText } from '../../../core/revision/revision-text.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import { addSocketOption, createAgentClient } from '../daemon/agent-client.ts';
import { confirmedAnswer } from '../daemon/answers.ts';

type ConfirmOptions = SocketOptions & OutputOptions;

export function addConfirm(program: Command, context: CommandContext, toAction: ToAction): void {
  const command = program
    .command('confirm')
    .summary('confirm the revision in force, or that commands of the plan were run')
    .description(
      'Confirms the revision that is in force and not confirmed yet. Otherwise the agent rolls a ' +
        'revision that was applied with --confirm-within back at its deadline. Where the change ' +
        'waits until a person has run the commands of calico-agent plan, it says that they were run.',
    );
  addOutputOption(addSocketOption(command))
    .addHelpText('after', examples([['the change is good', 'calico-agent confirm']]))
    .action(toAction((options: ConfirmOptions) => confirm(options, context)));
}

async function confirm(
  { socket, output }: ConfirmOptions,
  { by, stdout }: CommandContext,
): Promise<ExitStatus> {
  const query = new URLSearchParams({ by });
  const path = `/v1/confirm?${query.toString()}`;
  const answer = await answerOf(
    createAgentClient(socket).change({ method: 'POST', path }),
    confirmedAnswer,
  );
  await printAnswer(stdout, output, answer, ({ revision, goesOn }) =>
    goesOn === true
      ? `the commands count as run: the agent goes on with revision ${revisionText(revision)}`
      : `revision ${revisionText(revision)} is confirmed`,
  );
  return 0;
}
