import { byText } from '../by-text.ts';
import { issueAt } from '../config/findings.ts';
import type { Issue } from '../issue.ts';
import { printable } from '../printable.ts';
import type { BGPPeer, Desired, DesiredResource } from '../render/desired.ts';
import type { Observed } from './plan.ts';
import { byNeighbour, mayShareNode, neighbourOf } from './same-neighbour.ts';

/** Somebody else's BGPPeers for neighbours of ours, once each. Those of our names are adopted. */
export function foreignPeers(desired: Desired, { resources }: Observed): readonly Issue[] {
  const peers = desired.resources.flatMap(asPeer);
  const names = new Set(peers.map(({ peer }) => peer.metadata.name));
  const wanted = byNeighbour(
    peers.toSorted((one, other) => byText(one.peer.metadata.name, other.peer.metadata.name)),
    ({ peer }) => peer,
  );
  return resources
    .flatMap(({ resource, owner }) =>
      resource.kind === 'BGPPeer' && owner === undefined ? [resource] : [],
    )
    .filter(({ metadata }) => !names.has(metadata.name))
    .toSorted((one, other) => byText(one.metadata.name, other.metadata.name))
    .flatMap((foreign) => {
      const same = wanted.get(neighbourOf(foreign)) ?? [];
      const ours = same.find(({ peer }) => mayShareNode(peer, foreign));
      return ours === undefined ? [] : [warning(ours, foreign)];
    });
}

interface WantedPeer {
  readonly peer: BGPPeer;
  readonly reasons: DesiredResource['reasons'];
}

function asPeer({ resource, reasons }: DesiredResource): readonly WantedPeer[] {
  return resource.kind === 'BGPPeer' ? [{ peer: resource, reasons }] : [];
}

function warning({ peer, reasons }: WantedPeer, { metadata, spec }: BGPPeer): Issue {
  const place = reasons['spec.peerIP']?.[0]?.place ?? { pointer: '' };
  const name = printable(metadata.name);
  const message =
    `BGPPeer "${name}", which is not ours, is for ${printable(spec.peerIP)} (AS ${spec.asNumber}) ` +
    `as well, as is "${peer.metadata.name}" (AS ${peer.spec.asNumber}), maybe on the same nodes`;
  const hint = `Calico then picks one of the two, undefined which: \`calico-agent adopt\` takes over what means the same; else delete "${name}"`;
  return issueAt(place, 'warning', 'peer-also-foreign', message, hint);
}
