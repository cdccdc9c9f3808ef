/** The revision of an event, and whether two are the same. */
import { sameRevision } from '../revision/judge-offer.ts';
import type { RevisionRef } from '../revision/revision.ts';
import type { Happening } from './event.ts';

export function about(revision: RevisionRef | undefined): Pick<Happening, 'revision'> {
  if (revision === undefined) return {};
  const { lineage, number, digest } = revision;
  return { revision: { lineage, number, digest } };
}

export function isSame(a: RevisionRef | undefined, b: RevisionRef | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameRevision(a, b);
}
