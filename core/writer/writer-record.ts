/** The writer record, which the store keeps for all agents. */
import type { Hold, WriterRecord } from '../../schemas/generated/writer-record.ts';
import { isWriterRecord } from '../../schemas/generated/writer-record.validator.js';
import type { RevisionRef } from '../revision/revision.ts';
import { jsonBounds } from '../input/bounds.ts';
import { jsonValue } from '../input/parse-json.ts';

export type { Hold, WriterRecord };

/** undefined: it does not have the form of this version. */
export function parseWriterRecord(text: string): WriterRecord | undefined {
  const data = jsonValue(text, jsonBounds.object);
  return isWriterRecord(data) ? data : undefined;
}

const maxReason = 4096;

export interface Noted {
  readonly by: string;
  readonly at: string;
  /** The next write corrects drift. */
  readonly isCorrection?: boolean;
  /** Why the agent rolls back from the recorded revision to this one; absent: it does not. */
  readonly rollbackReason?: string;
}

/**
 * The record with this revision; the same record if nothing changes. The same content does not
 * begin another generation, but its greatest number counts: an agent with a number in between has
 * the older revision.
 */
export function withRevision(
  record: WriterRecord | undefined,
  revision: RevisionRef,
  { by, at, isCorrection = false, rollbackReason }: Noted,
): WriterRecord {
  const { lineage, number, digest } = revision;
  const known = record?.revision;
  const isSame = known?.digest === digest;
  const isBehind = !isSame || (known.lineage === lineage && known.number < number);
  if (record !== undefined && !isBehind && !isCorrection) return record;
  const generation = (record?.generation ?? 0) + (isSame ? 0 : 1);
  const { rolledBack: before, ...rest } = record ?? {};
  const rolledBack =
    rollbackReason !== undefined && known !== undefined && !isSame
      ? { revision: known, reason: rollbackReason.slice(0, maxReason), by, at, generation }
      : before;
  return {
    ...rest,
    ...(rolledBack !== undefined && rolledBack.revision.digest !== digest && { rolledBack }),
    formatVersion: 1,
    generation,
    revision: isBehind ? { lineage, number, digest } : known,
    ...(isCorrection && { corrections: (record?.corrections ?? 0) + 1 }),
    by,
    at,
  };
}

/** The record with what is done once for the cluster: see done-once.ts. */
export function withDoneOnce(
  record: WriterRecord | undefined,
  done: readonly string[],
  noted: { readonly by: string; readonly at: string },
): WriterRecord {
  const { doneOnce: _previous, ...rest } = record ?? { formatVersion: 1, generation: 0, ...noted };
  return done.length === 0 ? rest : { ...rest, doneOnce: done.slice(-mostDone) };
}

const mostDone = 20;

/**
 * The record without the revision, which goes back to nothing: no other was confirmed before. The same record where it
 * names another revision by now.
 */
export function withTakenBack(
  record: WriterRecord | undefined,
  { revision, reason }: { readonly revision: RevisionRef; readonly reason: string },
  { by, at }: { readonly by: string; readonly at: string },
): WriterRecord | undefined {
  if (record?.revision?.digest !== revision.digest) return record;
  const { revision: taken, ...rest } = record;
  const generation = record.generation + 1;
  const rolledBack = { revision: taken, reason: reason.slice(0, maxReason), by, at, generation };
  return { ...rest, generation, rolledBack, by, at };
}

/** The record with this hold; undefined: without a hold. */
export function withHold(
  record: WriterRecord | undefined,
  hold: Hold | undefined,
  noted: { readonly by: string; readonly at: string },
): WriterRecord {
  const { hold: _previous, ...rest } = record ?? { formatVersion: 1, generation: 0, ...noted };
  return hold === undefined ? rest : { ...rest, hold };
}
