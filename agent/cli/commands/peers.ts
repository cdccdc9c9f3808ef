/** calico-agent peers: the BGP peers of this node, the rules that name them, and their sessions. */
import { durationText } from '../../../core/sessions/duration-text.ts';
import { sessionCountText } from '../../../core/sessions/count-sessions.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import { reading } from '../daemon/agent-client.ts';
import type { Peers } from '../../../schemas/generated/agent-api/peers.ts';
import { peersAnswer } from '../daemon/answers.ts';
import { sessionText } from '../output/session-text.ts';

export const addPeers = reading({
  name: 'peers',
  summary: 'list the BGP peers of this node, with reasons and sessions',
  description:
    'Lists the BGP peers that the accepted configuration gives this node, with the rules that name ' +
    'them, and what BIRD shows of their sessions. Then come the sessions that BIRD has besides: of ' +
    "the mesh, and of other nodes' peers.",
  examples: [
    ['the peers, why this node has them, and whether they are up', 'calico-agent peers'],
    ['the sessions that are not as they should be', "calico-agent peers -o json | jq '.sessions'"],
  ],
  path: '/v1/peers',
  answer: peersAnswer,
  text: peersText,
});

type Row = readonly [peer: string, asNumber: string, reason: string, session: string];

function peersText(answer: Peers): string {
  const { peers, others, sessions } = answer;
  const rows = [
    ...peers.map((peer): Row => [
      addressText(peer),
      String(peer.asNumber),
      peer.reasons.map(reasonText).join('; '),
      sessionText(peer.session),
    ]),
    ...others.map((other): Row => [
      addressText(other),
      other.asNumber === undefined ? '' : String(other.asNumber),
      otherText(other),
      sessionText(other.session),
    ]),
  ];
  const head = headText(answer);
  const table =
    rows.length === 0 ? 'no peers' : formatTable(['PEER', 'AS', 'BECAUSE OF', 'SESSION'], rows);
  const count = sessions === undefined ? [] : [sessionCountText(sessions)];
  return [head, table, ...faultTexts(answer), ...count].join('\n');
}

function headText({ node, asNumber, routeReflectorClusterId }: Peers): string {
  const own = [
    asNumber === undefined ? 'AS number not managed' : `AS ${asNumber}`,
    ...(routeReflectorClusterId === undefined
      ? []
      : [`route reflector, cluster ID ${routeReflectorClusterId}`]),
  ];
  return `${node}: ${own.join(', ')}`;
}

function addressText({
  address = 'any of a network',
  port,
}: {
  readonly address?: string;
  readonly port?: number;
}): string {
  return port === undefined ? address : `${address} port ${port}`;
}

function otherText({ origin, node }: Peers['others'][number]): string {
  const whose = node === undefined ? '' : ` (${node})`;
  if (origin === undefined) return 'nothing';
  return origin === 'mesh'
    ? `the mesh${whose}`
    : `another node's peer, or a BGPPeer outside of this configuration${whose}`;
}

function faultTexts({ daemons }: Peers): readonly string[] {
  if (daemons.length === 0) {
    return ['there is no BIRD on this machine: the state of its BGP sessions is unknown'];
  }
  return daemons.flatMap(({ at, by, why, activity, isRecovering, reconfiguredSecondsAgo }) => {
    if (by !== undefined) {
      const reports = "BIRD's socket is not within reach, and calico-node reports its sessions";
      return [`${at}: ${why ?? reports}`];
    }
    if (why !== undefined) return [`BIRD cannot be asked at ${at}: ${why}`];
    const waits = `${at}: BIRD waits for its sessions after a start, and gives the kernel no routes until then`;
    const busy = `${at}: BIRD is ${activity ?? ''}`;
    const taken = `${at}: BIRD took its configuration ${durationText(reconfiguredSecondsAgo ?? 0)} ago`;
    return [
      ...(isRecovering === true ? [waits] : []),
      ...(activity !== undefined && activity !== 'running' ? [busy] : []),
      ...(reconfiguredSecondsAgo === undefined ? [] : [taken]),
    ];
  });
}

function reasonText({ rule, place }: Peers['peers'][number]['reasons'][number]): string {
  return place.line === undefined ? rule : `${rule} (line ${place.line})`;
}
