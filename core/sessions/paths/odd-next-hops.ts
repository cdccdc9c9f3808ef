/** Routes to pod blocks that lead to nobody whom Calico knows. */
import { nameSome } from '../../name-some.ts';
import { parsePeerIp } from '../../calico/neighbour.ts';
import type { SurveyedCluster } from '../../survey/surveyed-cluster.ts';
import type { BgpRoute } from './bgp-route.ts';

export interface KnownNeighbours {
  /** The addresses of all nodes, and of the neighbours of all BGPPeers. */
  readonly addresses: ReadonlySet<string>;
  /** IPAM's blocks. */
  readonly blocks: ReadonlySet<string>;
}

export function knownNeighbours({
  nodes,
  resources,
  blocks,
}: Pick<SurveyedCluster, 'nodes' | 'resources' | 'blocks'>): KnownNeighbours {
  const ofNodes = nodes.flatMap((node) => node.addresses.map(({ address }) => address));
  const ofPeers = resources.flatMap(({ resource }) =>
    resource.kind === 'BGPPeer' ? [parsePeerIp(resource.spec.peerIP).address] : [],
  );
  return {
    addresses: new Set([...ofNodes, ...ofPeers]),
    blocks: new Set(blocks.map(({ cidr }) => cidr)),
  };
}

export interface BlockRoutes {
  /** Routes to pod blocks. */
  readonly routes: number;
  /** Those of them whose next hop is neither a node nor a peer. */
  readonly odd: readonly (BgpRoute & { readonly nextHop: string })[];
}

export function judgeNextHops(routes: readonly BgpRoute[], known: KnownNeighbours): BlockRoutes {
  const own = routes.filter(({ destination }) => known.blocks.has(destination));
  const odd = own.flatMap((route) => {
    const { nextHop } = route;
    return nextHop === undefined || known.addresses.has(nextHop) ? [] : [{ ...route, nextHop }];
  });
  return { routes: own.length, odd };
}

/** `192.168.2.0/26 by 10.0.0.9` */
export function oddNextHopsText({ odd }: BlockRoutes): string {
  return nameSome(odd.map(({ destination, nextHop }) => `${destination} by ${nextHop}`));
}
