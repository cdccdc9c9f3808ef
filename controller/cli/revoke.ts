/** calico-controller revoke: certificates of nodes that are not accepted any more. */
import { answerOf } from '../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../runtime/cli/options.ts';
import { printAnswer } from '../../runtime/cli/print.ts';
import { formatTable } from '../../runtime/cli/table.ts';
import type { ExitStatus } from '../../runtime/cli/terminal.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Revocations } from '../../schemas/generated/controller-api/revocations.ts';
import { revocationsAnswer } from './answers.ts';
import type { AddControllerCommand, CommandContext } from './command-context.ts';
import { addSocketOption, createControllerClient } from './controller-client.ts';

interface RevokeOptions extends SocketOptions, OutputOptions {
  readonly undo: boolean;
}

export const addRevoke: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('revoke')
    .summary('refuse the certificates of nodes, or list the revoked nodes')
    .description(
      'Refuses all certificates of the nodes that were issued until now, and the shared token for ' +
        'their names, and ends their connections at once. A certificate that is issued later is ' +
        'accepted. Without a node it lists the revoked nodes.',
    )
    .argument('[node...]', 'the names of the nodes')
    .option('--undo', 'accept their certificates, and the shared token, again', false);
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['one node', 'calico-controller revoke node-7'],
        ['which nodes are revoked?', 'calico-controller revoke'],
        ['it was the wrong one', 'calico-controller revoke --undo node-7'],
      ]),
    )
    .action(
      toAction((names: readonly string[], options: RevokeOptions) =>
        revoke(names, options, context),
      ),
    );
};

async function revoke(
  names: readonly string[],
  { socket, output, undo }: RevokeOptions,
  { by, stdout }: CommandContext,
): Promise<ExitStatus> {
  if (undo && names.length === 0) {
    throw new AppError(
      'usage',
      'nothing to accept again: name the nodes; without --undo it lists them',
    );
  }
  const client = createControllerClient(socket);
  if (names.length === 0) {
    const reading = client.read({ method: 'GET', path: '/v1/revocations' });
    await printAnswer(stdout, output, await answerOf(reading, revocationsAnswer), listText);
    return 0;
  }
  const query = new URLSearchParams(names.map((name): [string, string] => ['name', name]));
  query.set('by', by);
  const path = `/v1/revocations?${query.toString()}`;
  const changing = client.change({ method: undo ? 'DELETE' : 'POST', path });
  const answer = await answerOf(changing, revocationsAnswer);
  const what = undo ? `not revoked any more: ${names.join(', ')}` : revokedText(names, answer);
  await printAnswer(stdout, output, answer, () => what);
  return 0;
}

/** A revocation is later than now where a certificate of the node begins later. */
function revokedText(names: readonly string[], { revoked }: Revocations): string {
  const those = new Set(names.map((name) => name.toLowerCase()));
  const later = revoked.filter(({ node, clockBehind }) => clockBehind === true && those.has(node));
  const done = `revoked ${names.join(', ')}`;
  if (later.length === 0) return `${done}; a certificate that is issued from now on is accepted`;
  const times = later.map(({ node, at }) => `${node} until ${at}`).join(', ');
  return (
    `${done}; the controller's clock is behind a certificate: certificates that begin no later are refused for ` +
    `${times}; set the clock right before you issue new ones`
  );
}

function listText({ revoked }: Revocations): string {
  if (revoked.length === 0) return 'no node is revoked';
  return formatTable(
    ['NODE', 'REVOKED', 'BY'],
    revoked.map(({ node, at, by }) => [node, at, by]),
  );
}
