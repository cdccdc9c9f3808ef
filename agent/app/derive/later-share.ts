/**
 * A revision of a rollout leaves the cluster-wide resources to a later one, which has the same content
 * for all nodes: docs/fleet.md.
 */
import type { Derived } from '../../../core/deciding/question.ts';
import { renderNodePeers } from '../../../core/render/render-peers.ts';
import type { Revision } from '../../../core/revision/revision.ts';

/** The configuration with the share of it that the revision brings into force. */
export function shareOf(
  derived: Derived,
  { clusterShare }: Pick<Revision, 'clusterShare'>,
): Derived {
  if (clusterShare === undefined) return derived;
  const later = { peers: renderNodePeers(derived.resolution) };
  return { ...derived, desired: { ...derived.desired, later } };
}

/** Whether the cluster-wide resources stay as they are. */
export function isOwnShare({ desired }: Pick<Derived, 'desired'>): boolean {
  return desired.later !== undefined;
}
