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
import { printAnswer } from '../../../runtime/cli/print.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { AuditedActions } from '../../../schemas/generated/controller-api/audited-actions.ts';
import { auditAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';

interface AuditOptions extends SocketOptions, OutputOptions {
  readonly since?: string;
  readonly limit: number;
  readonly by?: string;
  readonly node?: string;
  readonly action?: string;
}

type Filters = Pick<AuditOptions, 'by' | 'node' | 'action'>;
type Audited = AuditedActions['actions'][number];

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
  { stdout }: CommandContext,
): Promise<ExitStatus> {
  const query = new URLSearchParams({
    limit: String(isFiltered(filters) ? mostActions : limit),
    ...(since !== undefined && { since }),
  });
  const path = `/v1/audit?${query.toString()}`;
  const asking = createControllerClient(socket).read({ method: 'GET', path });
  const { actions } = await answerOf(asking, auditAnswer);
  const found = actions.filter((action) => matches(action, filters)).slice(-limit);
  await printAnswer(stdout, output, { actions: found }, auditText);
  return 0;
}

/** Filtered here, so that nobody can make the controller read its whole log again and again. */
const mostActions = 1000;

function isFiltered({ by, node, action }: Filters): boolean {
  return [by, node, action].some((filter) => filter !== undefined);
}

function matches({ by: person, action: done, details }: Audited, filters: Filters): boolean {
  const { by, node, action = '' } = filters;
  const isBy = by === undefined || nameOf(person) === nameOf(by);
  return isBy && done.includes(action) && (node === undefined || namesNode(details, node));
}

/** `ann` of `ann@host`, and of `ann (says: root@host)` */
function nameOf(person: string): string {
  return person.toLowerCase().replace(/[@ ].*$/s, '');
}

function namesNode(details: Audited['details'], node: string): boolean {
  return ['asked.node', 'asked.name', 'asked.despite'].some((key) =>
    String(details[key] ?? '')
      .toLowerCase()
      .split(',')
      .includes(node.toLowerCase()),
  );
}

function auditText({ actions }: AuditedActions): string {
  if (actions.length === 0) return 'nobody has changed anything in this time';
  const rows = actions.map(({ at, by, how, from, action, details, result, why }) => [
    at,
    by,
    from === undefined ? how : `${how}, ${from}`,
    action,
    result ?? 'not ended',
    [
      ...Object.entries(details)
        .filter(([name]) => name !== 'bodySha256')
        .map(([name, value]) => `${name}=${valueText(value)}`),
      ...(why === undefined ? [] : [why]),
    ].join(' '),
  ]);
  return formatTable(['AT', 'BY', 'HOW', 'ACTION', 'RESULT', 'DETAILS'], rows);
}

/** Quoted where it could look like several details. */
function valueText(value: unknown): string {
  const text = String(value);
  return /^[^\s="']*$/.test(text) ? text : JSON.stringify(text);
}

function parseLimit(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= 1000) return limit;
  throw new InvalidArgumentError('It is a number from 1 to 1000.');
}
