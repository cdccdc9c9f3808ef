/** calico-controller audit: who changed what. */
import { InvalidArgumentError } from 'commander';
import { sinceOption } from '../../../runtime/cli/events/since.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer, write } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { auditAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';
import {
  auditText,
  isFiltered,
  selectActions,
  sinceText,
  type AuditFilters,
} from './select-actions.ts';

interface AuditOptions extends SocketOptions, OutputOptions, AuditFilters {
  readonly since?: string;
  readonly limit: number;
}

export const addAudit: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('audit')
    .summary('show who changed what')
    .description(
      'Shows the newest actions of people, oldest first: who, how the controller knew that, from where, ' +
        'what, and what came of it. Each controller of a cluster has an audit log of its own.',
    )
    .option('--since <when>', 'actions from this moment on: a time, or 30m, 2h, 7d', sinceOption)
    .option('--limit <count>', 'the newest so many, at most 1000', parseLimit, 100)
    .option('--by <person>', 'of this person, among the newest 1000')
    .option('--node <name>', 'whose request names this node, among the newest 1000')
    .option(
      '--action <text>',
      'whose action has this text, such as rollout, among the newest 1000',
    );
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['the last day', 'calico-controller audit --since 24h'],
        ['who changed rollouts?', 'calico-controller audit --action rollout --since 7d'],
        ['for a program', 'calico-controller audit -o json | jq -c .actions[]'],
      ]),
    )
    .action(toAction((options: AuditOptions) => audit(options, context)));
};

async function audit(
  { socket, output, since, limit, ...filters }: AuditOptions,
  { stdout, stderr }: CommandContext,
): Promise<ExitStatus> {
  // Filtered here, so that nobody can make the controller read its whole log again and again.
  const asked = isFiltered(filters) ? mostActions : limit;
  const query = new URLSearchParams({
    limit: String(asked),
    ...(since !== undefined && { since }),
  });
  const path = `/v1/audit?${query.toString()}`;
  const asking = createControllerClient(socket).read({ method: 'GET', path });
  const { actions } = await answerOf(asking, auditAnswer);
  const selected = selectActions(actions, { asked, limit, filters });
  await printAnswer(stdout, output, { actions: selected.actions }, () => auditText(selected));
  if (selected.since !== undefined) await write(stderr, sinceText(selected.since));
  return 0;
}

const mostActions = 1000;

function parseLimit(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= mostActions) return limit;
  throw new InvalidArgumentError('It is a number from 1 to 1000.');
}
