/** Finds a revision by its number, by lineage and number, or by the beginning of its digest. */
import { revisionText } from './revision-text.ts';
import type { RevisionRef } from './revision.ts';

export type FoundRevision<R extends RevisionRef> =
  | { readonly ok: true; readonly revision: R }
  /** A clause with a hint: "this node keeps no such revision; …". */
  | { readonly ok: false; readonly why: string };

const digestStart = /^(?:sha256:)?([0-9a-f]{7,64})$/;
const number = /^#?\d+$/;
const lineageAndNumber = /^.+#\d+$/;

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
  if (revision === undefined) return { ok: false, why: whyNone(text) };
  if (found.length === 1) return { ok: true, revision };
  const names = found.map(revisionText).join(' or ');
  return { ok: false, why: `more than one revision has this name; say ${names}` };
}

function whyNone(text: string): string {
  const isName = [number, lineageAndNumber, digestStart].some((form) => form.test(text));
  return isName
    ? 'this node keeps no such revision; calico-agent history lists those that it keeps'
    : 'a revision is named by its number, by lineage and number (local:node-0#4), or by 7 or more digits of its digest';
}
