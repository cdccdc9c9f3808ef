import type { RevisionRef } from '../revision/revision.ts';

/**
 * The name under which nodes report about a revision that leaves the cluster-wide resources alone. A
 * later revision has the same digest and needs reports of its own: a node that has ended the first
 * one would count as ready for the second one before it has begun. The digest is that of the
 * revision in reverse.
 */
export function shareRound({ lineage, number, digest }: RevisionRef): RevisionRef {
  const [algorithm = '', hex = ''] = digest.split(':');
  return { lineage, number, digest: `${algorithm}:${Array.from(hex).toReversed().join('')}` };
}
