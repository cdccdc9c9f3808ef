/**
 * The configuration of a top-of-rack router, as a BIRD 1.6: BGP with every node whose BIRD has it as a
 * neighbour, with the AS numbers of both sides that the node has now, as if its operator changed them at
 * the same moment; and with the routers that it is linked to.
 */
import { calicoSessions } from '../calico/calico-sessions.ts';
import { globalSettings, nodesOf, type CalicoState } from '../calico/calico-state.ts';
import type { LabRouter, Topology } from '../network/topology.ts';
import { linkAddresses } from '../network/wiring.ts';

export function renderRouterFile(
  state: CalicoState,
  { routers, pools }: Topology,
  router: LabRouter,
): string {
  const own = router.addresses.map((address) => address.split('/')[0] ?? '');
  const sessions = [
    ...nodePeers(state, own).map(({ address, asNumber, ownAs }) =>
      session(
        ownAs,
        address,
        asNumber,
        `where net ~ [ ${pools.map((cidr) => `${cidr}+`).join(', ')} ]`,
      ),
    ),
    ...linkedRouters(routers, router).map(({ address, asNumber }) =>
      session(router.asNumber, address, asNumber, 'all'),
    ),
  ];
  return [
    `router id ${own[0] ?? ''};`,
    'protocol device { scan time 2; }',
    'protocol direct { }',
    'protocol kernel { scan time 2; import none; export where source = RTS_BGP; merge paths on; }',
    ...sessions,
    '',
  ].join('\n');
}

interface RouterPeer {
  readonly address: string;
  readonly asNumber: number;
}

interface NodePeer extends RouterPeer {
  /** The node's setting for the router's AS number. */
  readonly ownAs: number;
}

function nodePeers(state: CalicoState, own: readonly string[]): readonly NodePeer[] {
  const { asNumber: globalAs } = globalSettings(state);
  return nodesOf(state).flatMap(({ name, asNumber = globalAs, addresses }) =>
    calicoSessions(state, name, 4)
      .filter(({ neighbor }) => own.includes(neighbor))
      .map(({ localAs, asNumber: ownAs }) => ({
        address: addresses[4] ?? '',
        asNumber: localAs ?? asNumber,
        ownAs,
      })),
  );
}

function linkedRouters(routers: readonly LabRouter[], router: LabRouter): readonly RouterPeer[] {
  const index = routers.indexOf(router);
  const [before, after] = [routers[index - 1], routers[index + 1]];
  const [toBefore] = linkAddresses(index - 1);
  const [, toAfter] = linkAddresses(index);
  return [
    ...(before === undefined ? [] : [{ address: toBefore, asNumber: before.asNumber }]),
    ...(after === undefined ? [] : [{ address: toAfter, asNumber: after.asNumber }]),
  ];
}

function session(ownAs: number, address: string, asNumber: number, exported: string): string {
  return `protocol bgp peer_${address.replaceAll('.', '_')} {
  local as ${String(ownAs)};
  neighbor ${address} as ${String(asNumber)};
  import all;
  export ${exported};
  next hop self;
  connect delay time 1;
  connect retry time 2;
  error wait time 1,5;
}`;
}
