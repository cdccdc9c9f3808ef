import { neighbourOf } from '../../calico/neighbour.ts';
import type { BGPPeer } from '../../calico/resource.ts';
import type { Change } from '../plan.ts';
import { byNeighbour, mayShareNode } from '../diff/same-neighbour.ts';

type Written = Extract<Change, { readonly action: 'create' | 'update' }>;
type Deletion = Extract<Change, { readonly action: 'delete' }>;

/**
 * Puts the deletion of a rival right before its successor. A neighbour must not have two AS
 * numbers, not even between two steps, so an old peer with another one is deleted right before the
 * new one is made. All other peers stay until the new ones are there.
 */
export function deleteRivals(
  written: readonly Written[],
  deleted: readonly Deletion[],
): { readonly peers: readonly Change[]; readonly later: readonly Deletion[] } {
  const old = byNeighbour(deleted, ({ before }) =>
    before.kind === 'BGPPeer' ? before : undefined,
  );
  const replaced = new Set<Deletion>();
  const peers = written.flatMap((change): readonly Change[] => {
    const { resource } = change;
    if (resource.kind !== 'BGPPeer') return [change];
    const inTheWay = (old.get(neighbourOf(resource)) ?? []).filter(
      (one) => !replaced.has(one) && isInTheWay(one, resource),
    );
    for (const one of inTheWay) replaced.add(one);
    return [...inTheWay.map((one) => ({ ...one, why: reason(resource) })), change];
  });
  return { peers, later: deleted.filter((one) => !replaced.has(one)) };
}

function isInTheWay({ before }: Deletion, peer: BGPPeer): boolean {
  return (
    before.kind === 'BGPPeer' &&
    before.spec.asNumber !== peer.spec.asNumber &&
    mayShareNode(before, peer)
  );
}

function reason({ metadata, spec }: BGPPeer): string {
  return (
    `it is ours, and "${metadata.name}" has AS ${spec.asNumber} for the same neighbour: ` +
    'with two AS numbers Calico would pick one, so this one is deleted before that one is made'
  );
}
