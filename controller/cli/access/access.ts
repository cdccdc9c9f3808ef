/** calico-controller access: tokens with which people use the API over the network. */
import { InvalidArgumentError, Option } from 'commander';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer, write } from '../../../runtime/cli/print.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { AccessTokens } from '../../../schemas/generated/controller-api/access-tokens.ts';
import { newTokenAnswer, tokensAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { completionMs, onlyText, printWords } from '../completion/completed-words.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';

type Options = SocketOptions & OutputOptions;

interface CreateOptions extends Options {
  readonly roles: readonly string[];
  /** Days. */
  readonly expires: number;
}

interface ListOptions extends Options {
  readonly ids: boolean;
  readonly names: boolean;
}

const path = '/v1/access/tokens';

export const addAccess: AddControllerCommand = (program, context, toAction) => {
  const access = program
    .command('access')
    .summary('make, list and revoke tokens for people on other machines')
    .description(
      'Tokens for the API over HTTPS, which controller.yaml switches on (api). They are made on the ' +
        "controller's machine only. The controller stores a hash of each token.",
    );
  const create = access
    .command('create')
    .summary('make a token for a person')
    .description(
      'Makes a token, and prints it, once: nobody can read it again. Every token has the role read; ' +
        'propose may propose configurations, approve may approve those of others, and apply may bring them ' +
        'to the nodes and do everything else that changes the fleet.',
    )
    .argument('<name>', 'the person, or the program that acts for one')
    .addOption(
      new Option('--roles <roles>', 'read, propose, approve, apply, with commas between them')
        .argParser(parseRoles)
        .default(['read'], 'read'),
    )
    .option('--expires <days>', 'the time until it expires: 90d, or 1d to 3650d', parseDays, 90);
  addOutputOption(addSocketOption(create))
    .addHelpText(
      'after',
      examples([
        ['for a person who shows', '(umask 077; calico-controller access create ann > ann.token)'],
        ['for a pipeline', 'calico-controller access create ci --roles propose --expires 30d'],
      ]),
    )
    .action(
      toAction((name: string, options: CreateOptions) => createToken(name, options, context)),
    );
  const list = access
    .command('list')
    .summary('list the tokens')
    .description(
      'Lists the tokens with their roles, when they expire, and when they were last used.',
    )
    .option('--ids', onlyText('the ids'), false)
    .option('--names', onlyText('the people'), false);
  addOutputOption(addSocketOption(list))
    .addHelpText('after', examples([['who has a token?', 'calico-controller access list']]))
    .action(toAction((options: ListOptions) => listTokens(options, context)));
  const revoke = access
    .command('revoke')
    .summary('revoke tokens')
    .description('Revokes tokens. The next request with one of them is refused.')
    .argument('<id...>', 'the ids of the tokens, as access list shows them');
  addOutputOption(addSocketOption(revoke))
    .addHelpText('after', examples([['a token', 'calico-controller access revoke 4f2a91c0d3e1']]))
    .action(
      toAction((ids: readonly string[], options: Options) => revokeTokens(ids, options, context)),
    );
};

async function createToken(
  name: string,
  { socket, output, roles, expires }: CreateOptions,
  { by, stdout, stderr }: CommandContext,
): Promise<ExitStatus> {
  const query = new URLSearchParams({ name, days: String(expires), by });
  for (const role of roles) query.append('role', role);
  const making = createControllerClient(socket).change({
    method: 'POST',
    path: `${path}?${query.toString()}`,
  });
  const answer = await answerOf(making, newTokenAnswer);
  const { id, roles: given, expiresAt } = answer.token;
  if (output === 'text') {
    const may = `${given.join(', ')}, until ${expiresAt}`;
    await write(stderr, `token ${id} for ${answer.token.name} (${may}); it is shown this once\n`);
  }
  await printAnswer(stdout, output, answer, ({ text }) => text);
  return 0;
}

async function listTokens(
  { socket, output, ids, names }: ListOptions,
  { stdout }: CommandContext,
): Promise<ExitStatus> {
  const client = createControllerClient(socket);
  const bounded = (ids || names) && { timeoutMs: completionMs };
  const answer = await answerOf(client.read({ method: 'GET', path, ...bounded }), tokensAnswer);
  if (ids || names) {
    return printWords(
      stdout,
      answer.tokens.map((token) => (ids ? token.id : token.name)),
    );
  }
  await printAnswer(stdout, output, answer, tokensText);
  return 0;
}

async function revokeTokens(
  ids: readonly string[],
  { socket, output }: Options,
  { by, stdout }: CommandContext,
): Promise<ExitStatus> {
  const query = new URLSearchParams(ids.map((id): [string, string] => ['id', id]));
  query.set('by', by);
  const revoking = createControllerClient(socket).change({
    method: 'DELETE',
    path: `${path}?${query.toString()}`,
  });
  await printAnswer(stdout, output, await answerOf(revoking, tokensAnswer), ({ tokens }) =>
    tokens.map(({ id, name }) => `token ${id} of ${name} is revoked`).join('\n'),
  );
  return 0;
}

function tokensText({ tokens }: AccessTokens): string {
  if (tokens.length === 0) return 'there is no token; calico-controller access create makes one';
  const rows = tokens.map(({ id, name, roles, expiresAt, expired, lastUsedAt, by }) => [
    id,
    name,
    roles.join(','),
    expired === true ? `${expiresAt} (expired)` : expiresAt,
    lastUsedAt ?? 'never',
    by,
  ]);
  return formatTable(['ID', 'NAME', 'ROLES', 'EXPIRES', 'LAST USED', 'MADE BY'], rows);
}

const allRoles = ['read', 'propose', 'approve', 'apply'];

function parseRoles(text: string): readonly string[] {
  const given = text.split(',').map((role) => role.trim());
  const wrong = given.find((role) => !allRoles.includes(role));
  if (wrong === undefined) return given;
  throw new InvalidArgumentError(`The roles are ${allRoles.join(', ')}.`);
}

function parseDays(text: string): number {
  const days = Number(/^(\d{1,4})d?$/.exec(text)?.[1] ?? 0);
  if (days >= 1 && days <= 3650) return days;
  throw new InvalidArgumentError('It is a number of days from 1d to 3650d.');
}
