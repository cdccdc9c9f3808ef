import { neighbourOf } from '../../calico/neighbour.ts';
import type { BGPPeer } from '../../calico/resource.ts';
import { byText } from '../../by-text.ts';
import { issueAt } from '../../findings.ts';
import { groupBy } from '../../group-by.ts';
import type { Issue } from '../../issue.ts';
import { nameSome } from '../../name-some.ts';
import type { Desired, DesiredResource } from '../../render/desired.ts';
import type { Observed } from '../../observe/observed.ts';
import { byNeighbour, mayShareNode } from '../diff/same-neighbour.ts';

/**
 * Warnings about BGPPeers of others for our neighbours, each once. Those with our names are adopted
 * instead.
 */
export function foreignPeers(desired: Desired, { resources }: Observed): readonly Issue[] {
  const peers = desired.resources
    .flatMap(asPeer)
    .toSorted((one, other) => byText(one.peer.metadata.name, other.peer.metadata.name));
  const names = new Set(peers.map(({ peer }) => peer.metadata.name));
  const oursByNeighbour = byNeighbour(peers, ({ peer }) => peer);
  const foreign = resources
    .flatMap(({ resource, owner }) =>
      resource.kind === 'BGPPeer' && owner === undefined ? [resource] : [],
    )
    .filter(({ metadata }) => !names.has(metadata.name))
    .toSorted((one, other) => byText(one.metadata.name, other.metadata.name));
  const besideOurs = groupBy(
    foreign,
    (one) =>
      oursByNeighbour.get(neighbourOf(one))?.find(({ peer }) => mayShareNode(peer, one))?.peer
        .metadata.name,
  );
  return peers.flatMap((one) => {
    const others = besideOurs.get(one.peer.metadata.name) ?? [];
    return others.length === 0 ? [] : [warning(one, others)];
  });
}

interface DesiredPeer {
  readonly peer: BGPPeer;
  readonly reasons: DesiredResource['reasons'];
}

function asPeer({ resource, reasons }: DesiredResource): readonly DesiredPeer[] {
  return resource.kind === 'BGPPeer' ? [{ peer: resource, reasons }] : [];
}

/** One warning for all of them, because the charm makes one per node. */
function warning({ peer, reasons }: DesiredPeer, others: readonly BGPPeer[]): Issue {
  const place = reasons['spec.peerIP']?.[0]?.place ?? { pointer: '' };
  const { metadata, spec } = peer;
  const names = nameSome(others.map((other) => `"${other.metadata.name}"`));
  const numbers = [...new Set(others.map((other) => other.spec.asNumber))];
  const [is, which] =
    others.length === 1 ? ['is', 'BGPPeer'] : ['are', `${others.length} BGPPeers`];
  const message =
    `${which} ${names}, not ours, ${is} for ${spec.peerIP} (AS ${nameSome(numbers.map(String))}) ` +
    `as well, as is "${metadata.name}" (AS ${spec.asNumber}), maybe on the same nodes`;
  const hint =
    'Calico then picks one of them, undefined which: `calico-agent adopt` takes over what means the same; ' +
    `delete what is left: ${names}`;
  return issueAt(place, 'warning', 'peer-also-foreign', message, hint);
}
