/**
 * Judges whether an agent may write the cluster-wide resources for its revision, by the writer
 * record: an agent that comes back with an older revision must not overwrite a newer one.
 */
import { printable } from '../printable.ts';
import type { RevisionRef } from '../revision/revision.ts';
import type { WriterRecord } from './writer-record.ts';
import { revisionText } from '../revision/revision-text.ts';

export interface WriterPosition {
  readonly revision: RevisionRef;
  /** The record's generation that this agent knew when it accepted the revision. */
  readonly basedOn: number;
  /** The operator asked that this revision overrules the writes of others. */
  readonly takeOver: boolean;
}

export type WriterVerdict =
  | { readonly write: true }
  | {
      readonly write: false;
      readonly code: 'newer-revision' | 'other-writer' | 'rolled-back';
      readonly message: string;
    };

/**
 * Numbers decide if they can be compared. Otherwise the record's generation is a Lamport clock: an
 * agent that knew the written revision when it accepted its own is the later one.
 */
export function judgeWriter(mine: WriterPosition, record: WriterRecord | undefined): WriterVerdict {
  const written = record?.revision;
  if (record === undefined || mine.takeOver) return { write: true };
  const taken = record.rolledBack;
  if (taken?.revision.digest === mine.revision.digest && mine.basedOn < taken.generation) {
    return rolledBack(taken);
  }
  if (written === undefined) return { write: true };
  if (written.digest === mine.revision.digest) return { write: true };
  if (isComparable(mine.revision, written) && mine.revision.number !== written.number) {
    return mine.revision.number > written.number
      ? { write: true }
      : newerRevision(mine, written, record);
  }
  return mine.basedOn >= record.generation ? { write: true } : otherWriter(written, record);
}

/** In a lineage of Juju each unit counts its own numbers, so they cannot be compared. */
function isComparable(mine: RevisionRef, written: RevisionRef): boolean {
  return mine.lineage === written.lineage && !mine.lineage.startsWith('juju:');
}

function newerRevision(
  { revision }: WriterPosition,
  written: RevisionRef,
  record: WriterRecord,
): WriterVerdict {
  const message =
    `cannot write the cluster-wide resources: revision ${printable(revisionText(written))} ` +
    `is in the datastore${notedBy(record)}, and this agent has number ${revision.number}; ` +
    'it waits for the newer one';
  return { write: false, code: 'newer-revision', message };
}

function rolledBack({ by, at, reason }: NonNullable<WriterRecord['rolledBack']>): WriterVerdict {
  const message =
    `cannot write the cluster-wide resources: the agent of node "${printable(by)}" rolled this ` +
    `revision back at ${printable(at)}: ${printable(reason)}`;
  return { write: false, code: 'rolled-back', message };
}

function otherWriter(written: RevisionRef, record: WriterRecord): WriterVerdict {
  const message =
    `cannot write the cluster-wide resources: revision ${printable(revisionText(written))} ` +
    `was put into the datastore${notedBy(record)} after this agent had accepted its own; ` +
    '`calico-agent apply --take-over` overrules it';
  return { write: false, code: 'other-writer', message };
}

function notedBy({ by, at }: WriterRecord): string {
  return ` by the agent of node "${printable(by)}" at ${printable(at)}`;
}
