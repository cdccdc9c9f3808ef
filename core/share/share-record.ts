/** What the store says of the cluster share, for all agents. */
import type { Hold, ShareRecord } from '../../schemas/generated/share-record.ts';
import { isShareRecord } from '../../schemas/generated/share-record.validator.js';
import type { RevisionRef } from '../revision/revision.ts';

export type { Hold, ShareRecord };

/** undefined: not in the form that this version writes. */
export function parseShareRecord(text: string): ShareRecord | undefined {
  try {
    const data: unknown = JSON.parse(text);
    return isShareRecord(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** The record once this revision is noted; the same one where its content already is. */
export function withRevision(
  record: ShareRecord | undefined,
  revision: RevisionRef,
  noted: { readonly by: string; readonly at: string },
): ShareRecord {
  if (record?.revision?.digest === revision.digest) return record;
  const { lineage, number, digest } = revision;
  return {
    ...record,
    formatVersion: 1,
    generation: (record?.generation ?? 0) + 1,
    revision: { lineage, number, digest },
    ...noted,
  };
}

/** The record with this hold; undefined: with none. */
export function withHold(
  record: ShareRecord | undefined,
  hold: Hold | undefined,
  noted: { readonly by: string; readonly at: string },
): ShareRecord {
  const { hold: _former, ...rest } = record ?? { formatVersion: 1, generation: 0, ...noted };
  return hold === undefined ? rest : { ...rest, hold };
}
