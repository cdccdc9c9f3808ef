/** calico-controller confirm and rollback: a person decides about the newest revision. */
import { nameSome } from '../../core/name-some.ts';
import { revisionText } from '../../core/revision/revision-text.ts';
import { answerOf } from '../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../runtime/cli/options.ts';
import { printAnswer } from '../../runtime/cli/print.ts';
import type { ExitStatus } from '../../runtime/cli/terminal.ts';
import type { Decided } from '../../schemas/generated/controller-api/decided.ts';
import { decidedAnswer } from './answers.ts';
import type { AddControllerCommand, CommandContext } from './command-context.ts';
import { addSocketOption, createControllerClient } from './controller-client.ts';

type DecideOptions = SocketOptions & OutputOptions;

export const addConfirm: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('confirm')
    .summary('confirm the revision on all nodes, so that it is not rolled back')
    .description(
      'Confirms the newest revision, which was pushed with --confirm-within, on all nodes that have it in ' +
        'force; nodes that have it in force later confirm it then. A node that is not reached before its ' +
        'deadline rolls back by itself.',
    );
  addOutputOption(addSocketOption(command))
    .addHelpText('after', examples([['the change is good', 'calico-controller confirm']]))
    .action(
      toAction((options: DecideOptions) => decide('/v1/confirm', options, context, confirmText)),
    );
};

export const addRollback: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('rollback')
    .summary('roll the newest revision back on all nodes')
    .description(
      'Rolls the newest revision back on all nodes, each to the revision that it confirmed last. Nodes ' +
        'that are away roll back when they connect. The controller sends no configuration until the next push.',
    );
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['the change is bad', 'calico-controller rollback'],
        ['what do the nodes do?', 'calico-controller nodes'],
      ]),
    )
    .action(
      toAction((options: DecideOptions) => decide('/v1/rollback', options, context, rollbackText)),
    );
};

async function decide(
  to: string,
  { socket, output }: DecideOptions,
  { by, stdout }: CommandContext,
  text: (decided: Decided) => string,
): Promise<ExitStatus> {
  const path = `${to}?${new URLSearchParams({ by }).toString()}`;
  const deciding = createControllerClient(socket).change({ method: 'POST', path });
  await printAnswer(stdout, output, await answerOf(deciding, decidedAnswer), text);
  return 0;
}

function confirmText(decided: Decided): string {
  return `revision ${revisionText(decided.revision)} is confirmed${whereText(decided, 'confirm')}`;
}

function rollbackText(decided: Decided): string {
  return `revision ${revisionText(decided.revision)} is rolled back${whereText(decided, 'roll back')}; a node that has confirmed nothing before, or whose agent is too old, keeps it`;
}

function whereText({ nodes, others, away = [] }: Decided, verb: string): string {
  const now = nodes.length === 0 ? 'no node waits for it now' : `told to ${nameSome(nodes)} now`;
  const rest = others === 0 ? '' : `; ${others} other known nodes ${verb} as far as they have it`;
  const missed =
    away.length === 0
      ? ''
      : `; away, and in time only if they connect before their deadline: ${nameSome(away)}`;
  return `: ${now}${rest}${missed} (calico-controller nodes)`;
}
