/** calico-agent peers: whom this node speaks BGP with, and why. */
import type { Command } from 'commander';
import type { Reason } from '../../../core/resolve/resolution.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import { createAgentClient, expectAnswer, jsonOf } from '../daemon/agent-client.ts';
import { isPeersAnswer, type PeersAnswer } from '../daemon/answers.ts';
import {
  addOutputOption,
  addSocketOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../options.ts';
import { printAnswer } from '../output/print.ts';
import type { CliWorld, Ending, ExitStatus } from '../world.ts';

export function addPeers(program: Command, world: CliWorld, ending: Ending): void {
  const command = program
    .command('peers')
    .summary('list whom this node peers with, and why')
    .description(
      'Lists the BGP peers that the accepted configuration gives this node, with the rules that say ' +
        'so. Whether the sessions are established is for BIRD to say: calicoctl node status.',
    );
  addOutputOption(addSocketOption(command))
    .addHelpText('after', examples([['with whom, and why?', 'calico-agent peers']]))
    .action(ending((options: SocketOptions & OutputOptions) => peers(options, world)));
}

async function peers(options: SocketOptions & OutputOptions, world: CliWorld): Promise<ExitStatus> {
  const client = createAgentClient(options.socket);
  const answer = jsonOf(await client.read({ method: 'GET', path: '/v1/peers' }));
  await printAnswer(world.stdout, options.output, expectAnswer(answer, isPeersAnswer), peersText);
  return 0;
}

function peersText({ node, asNumber, routeReflectorClusterId, peers: all }: PeersAnswer): string {
  const own = [
    asNumber === undefined ? 'AS number not managed' : `AS ${asNumber}`,
    ...(routeReflectorClusterId === undefined
      ? []
      : [`route reflector, cluster ID ${routeReflectorClusterId}`]),
  ];
  const head = `${node}: ${own.join(', ')}`;
  if (all.length === 0) return `${head}\nno peers`;
  const rows = all.map(({ address, port, asNumber: theirs, reasons }) => [
    port === undefined ? address : `${address} port ${port}`,
    String(theirs),
    reasons.map(reasonText).join('; '),
  ]);
  const table = formatTable(['PEER', 'AS', 'BECAUSE OF'], rows);
  return `${head}\n${table}\nnobody looked whether these sessions are established: sudo calicoctl node status`;
}

function reasonText({ rule, place }: Reason): string {
  return place.line === undefined ? rule : `${rule} (line ${place.line})`;
}
