/** Which revision a person means: by number, by lineage and number, or by the beginning of its digest. */
import { revisionText } from './revision-text.ts';
import type { RevisionRef } from './revision.ts';

export type FoundRevision<R extends RevisionRef> =
  | { readonly ok: true; readonly revision: R }
  /** A clause: "no revision is called so". */
  | { readonly ok: false; readonly why: string };

const digestStart = /^(?:sha256:)?([0-9a-f]{7,64})$/;

/** @param text `4`, `local:node-0#4`, or 7 or more digits of the digest */
export function findRevision<R extends RevisionRef>(
  text: string,
  revisions: readonly R[],
): FoundRevision<R> {
  const named = revisions.filter(
    (one) => revisionText(one) === text || String(one.number) === text.replace(/^#/, ''),
  );
  const [, digits] = digestStart.exec(text) ?? [];
  const digested =
    digits === undefined
      ? []
      : revisions.filter(({ digest }) => digest.slice(7).startsWith(digits));
  const found = named.length > 0 ? named : digested;
  const [revision] = found;
  if (revision === undefined) return { ok: false, why: 'this node keeps no such revision' };
  if (found.length === 1) return { ok: true, revision };
  return { ok: false, why: `it may be ${found.map(revisionText).join(' or ')}` };
}
