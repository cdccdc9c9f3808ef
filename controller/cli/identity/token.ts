/** calico-controller token: the enrolment tokens with which nodes get their first certificate. */
import { InvalidArgumentError, Option } from 'commander';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  gather,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer } from '../../../runtime/cli/print.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { EnrolmentTokens } from '../../../schemas/generated/controller-api/enrolment-tokens.ts';
import { newEnrolmentTokenAnswer, enrolmentTokensAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { completionMs, onlyText, printWords } from '../completion/completed-words.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';
import { newTokenText } from './new-token-text.ts';

interface CreateOptions extends SocketOptions, OutputOptions {
  readonly uses: number;
  readonly expires: number;
  readonly node?: readonly string[];
}

interface ListOptions extends SocketOptions, OutputOptions {
  readonly ids: boolean;
}

const path = '/v1/enrolment-tokens';

export const addToken: AddControllerCommand = (program, context, toAction) => {
  const token = program
    .command('token')
    .description(
      'Enrolment tokens: with one a node gets its first certificate from the controller.',
    );
  const create = token
    .command('create')
    .summary('make a token, and show how a node uses it')
    .description(
      'Makes an enrolment token, and prints it with the command for a node. The controller stores ' +
        'a digest only: the token cannot be shown again.',
    )
    .option('--uses <number>', 'how many nodes it enrols', parseUses, 1)
    .addOption(
      new Option('--expires <time>', 'until when it can be used: 30m, 24h or 7d')
        .argParser(parseLifetime)
        .default(86_400, '24h'),
    )
    .option(
      '--node <name>',
      'a node that may use it, or a pattern such as rack-1-*; may be repeated; default: any node',
      gather,
    );
  addOutputOption(addSocketOption(create))
    .addHelpText(
      'after',
      examples([
        ['for one node', 'calico-controller token create --node node-7'],
        ['for a rack', "calico-controller token create --node 'rack-1-*' --uses 40 --expires 2h"],
      ]),
    )
    .action(toAction((options: CreateOptions) => createToken(options, context)));
  addOutputOption(addSocketOption(token.command('list').summary('show the tokens')))
    .description('Shows the enrolment tokens, without their secrets.')
    .option('--ids', onlyText('the IDs'), false)
    .action(toAction((options: ListOptions) => listTokens(options, context)));
  addOutputOption(addSocketOption(token.command('revoke').summary('remove tokens')))
    .description('Removes enrolment tokens. Certificates that they gave stay valid.')
    .argument('<id...>', 'the IDs of the tokens, as token list shows them')
    .action(
      toAction((ids: readonly string[], options: SocketOptions & OutputOptions) =>
        revokeTokens(ids, options, context),
      ),
    );
};

async function listTokens(
  { socket, output, ids }: ListOptions,
  { stdout }: CommandContext,
): Promise<ExitStatus> {
  const client = createControllerClient(socket);
  const reading = client.read({ method: 'GET', path, ...(ids && { timeoutMs: completionMs }) });
  const answer = await answerOf(reading, enrolmentTokensAnswer);
  if (ids) {
    const { tokens, unreadable = [] } = answer;
    return printWords(stdout, [...tokens.map(({ id }) => id), ...unreadable]);
  }
  await printAnswer(stdout, output, answer, listText);
  return 0;
}

async function createToken(
  { socket, output, uses, expires, node = [] }: CreateOptions,
  { by, stdout }: CommandContext,
): Promise<ExitStatus> {
  const query = new URLSearchParams([
    ['uses', String(uses)],
    ['expires', String(expires)],
    ['by', by],
    ...node.map((name): [string, string] => ['node', name]),
  ]);
  const client = createControllerClient(socket);
  const making = client.change({ method: 'POST', path: `${path}?${query.toString()}` });
  await printAnswer(stdout, output, await answerOf(making, newEnrolmentTokenAnswer), newTokenText);
  return 0;
}

async function revokeTokens(
  ids: readonly string[],
  { socket, output }: SocketOptions & OutputOptions,
  { by, stdout }: CommandContext,
): Promise<ExitStatus> {
  const query = new URLSearchParams([['by', by], ...ids.map((id): [string, string] => ['id', id])]);
  const removing = createControllerClient(socket).change({
    method: 'DELETE',
    path: `${path}?${query.toString()}`,
  });
  const answer = await answerOf(removing, enrolmentTokensAnswer);
  await printAnswer(stdout, output, answer, () => `revoked ${ids.join(', ')}`);
  return 0;
}

function listText({ tokens, unreadable = [] }: EnrolmentTokens): string {
  const damaged = unreadable.map((id) => `\n${id}: its record cannot be read; revoke it`).join('');
  if (tokens.length === 0) return `there are no enrolment tokens${damaged}`;
  const rows = tokens.map(({ id, used, uses, expiresAt, nodes, by }) => [
    id,
    `${used} of ${uses}`,
    expiresAt,
    nodes?.join(', ') ?? 'any',
    by,
  ]);
  return formatTable(['ID', 'USED', 'EXPIRES', 'NODES', 'BY'], rows) + damaged;
}

function parseUses(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number of nodes from 1 to 99999.');
}

const secondsOf = new Map([
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
]);
const longestSeconds = 365 * 86_400;

function parseLifetime(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const seconds = Number(digits) * (secondsOf.get(unit) ?? 0);
  if (seconds > 0 && seconds <= longestSeconds) return seconds;
  throw new InvalidArgumentError('It is a time such as 30m, 24h or 7d, at most 365d.');
}
