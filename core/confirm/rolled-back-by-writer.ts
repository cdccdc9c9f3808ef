/** Finds out whether the writer rolled back the revision that this agent has accepted. */
import { sameRevision } from '../revision/judge-offer.ts';
import type { RevisionRef } from '../revision/revision.ts';
import type { WriterRecord } from '../writer/writer-record.ts';

export interface AcceptedHere {
  readonly accepted?: RevisionRef | undefined;
  /** The generation of the writer record that this agent knew when it accepted the revision. */
  readonly writerPosition?:
    { readonly revision: RevisionRef; readonly generation: number } | undefined;
}

/**
 * Why the writer rolled it back; undefined: it did not, or this agent accepted the revision later,
 * with retry.
 */
export function rolledBackByWriter(
  { accepted, writerPosition }: AcceptedHere,
  record: Pick<WriterRecord, 'rolledBack'> | undefined,
): string | undefined {
  const taken = record?.rolledBack;
  if (taken === undefined || accepted?.digest !== taken.revision.digest) return undefined;
  const isKnown =
    writerPosition !== undefined &&
    sameRevision(writerPosition.revision, accepted) &&
    writerPosition.generation >= taken.generation;
  const why = taken.reason.replace(/^rolled back: /u, '');
  return isKnown ? undefined : `the agent of node "${taken.by}" rolled it back: ${why}`;
}
