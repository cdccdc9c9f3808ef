/** Proof of holding the writer lease, as compares of a transaction. */
import { AppError } from '../../../runtime/errors.ts';
import { noRevision, type Compare, type StoredKey } from '../../../runtime/etcd/keys.ts';
import type { Fence } from '../../ports/datastore/writer-lease.ts';
import { holderKey, writerRecordKey } from './keys.ts';

/** Number of compares in a fence. */
export const fenceCompares = 2;

interface Term {
  /** create_revision of the holder's key; a later holder of the writer lease has another one. */
  readonly held: string;
  /** mod_revision of the writer record; `0`: there is none. */
  readonly record: string;
}

export function fenceOf(held: string, record: string): Fence {
  return { term: `${held}.${record}` };
}

export function termOf({ term }: Fence): Term {
  const [, held, record] = /^(\d+)\.(\d+)$/.exec(term) ?? [];
  if (held !== undefined && record !== undefined) return { held, record };
  throw new AppError('internal', `cannot use the fence "${term}": another datastore gave it`);
}

export function comparesOf(fence: Fence): readonly Compare[] {
  const { held, record } = termOf(fence);
  return [
    { key: holderKey, created: held },
    { key: writerRecordKey, modified: record },
  ];
}

/** Why the fence does not hold any more; undefined: it does. */
export function brokenFence(
  fence: Fence,
  found: ReadonlyMap<string, StoredKey>,
): AppError | undefined {
  const { held, record } = termOf(fence);
  const holder = found.get(holderKey);
  if (holder?.created !== held) {
    const now =
      holder === undefined
        ? 'no agent has it now'
        : `now the agent of node "${holder.value}" has it`;
    return lost(`the writer lease was lost meanwhile: ${now}`);
  }
  if ((found.get(writerRecordKey)?.modified ?? noRevision) === record) return undefined;
  return new AppError(
    'datastore-conflict',
    'the writer record was changed meanwhile: a hold, or another revision',
    { retryable: true },
  );
}

export function lost(message: string): AppError {
  return new AppError('writer-lease-lost', message, { retryable: true });
}
