/** calico-agent peers: the BGP peers of this node, and the rules that name them. */
import { formatTable } from '../../../runtime/cli/table.ts';
import { reading } from '../daemon/agent-client.ts';
import type { Peers } from '../../../schemas/generated/agent-api/peers.ts';
import { peersAnswer } from '../daemon/answers.ts';

export const addPeers = reading({
  name: 'peers',
  summary: 'list the BGP peers of this node, with reasons',
  description:
    'Lists the BGP peers that the accepted configuration gives this node, with the rules that name ' +
    'them. BIRD knows whether the sessions are established: calicoctl node status.',
  examples: [['the peers, and why this node has them', 'calico-agent peers']],
  path: '/v1/peers',
  answer: peersAnswer,
  text: peersText,
});

function peersText({ node, asNumber, routeReflectorClusterId, peers: all }: Peers): string {
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
  return `${head}\n${table}\nthe agent does not read the sessions' states: sudo calicoctl node status`;
}

function reasonText({ rule, place }: Peers['peers'][number]['reasons'][number]): string {
  return place.line === undefined ? rule : `${rule} (line ${place.line})`;
}
