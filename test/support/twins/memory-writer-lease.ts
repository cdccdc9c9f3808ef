import type {
  Claim,
  WriterLease,
  Fence,
  WriterStatus,
} from '../../../agent/ports/datastore/writer-lease.ts';
import {
  withDoneOnce,
  withHold,
  withRevision,
  withTakenBack,
  type WriterRecord,
} from '../../../core/writer/writer-record.ts';
import { AppError } from '../../../runtime/errors.ts';

export interface MemoryWriterLease {
  /** As the agent of a node sees it. */
  connect(node: string): WriterLease;
  record(): WriterRecord | undefined;
  /** As when a lease expired and another agent took it, or none did. */
  giveTo(node: string | undefined): void;
}

/** One writer lease, for several agents in one process. */
export function createMemoryWriterLease(): MemoryWriterLease {
  let holder: string | undefined;
  let term = 0;
  let record: WriterRecord | undefined;
  const standing = (): WriterStatus => ({
    ...(holder !== undefined && { holder }),
    ...(record !== undefined && { record }),
  });
  const at = '2026-01-01T00:00:00Z';

  const giveTo = (node: string | undefined): void => {
    holder = node;
    term += 1;
  };
  const fenceNow = (): Fence => ({ term: `${String(term)}/${String(record?.generation ?? 0)}` });
  return {
    record: () => record,
    giveTo,
    connect: (node) => ({
      read: () => Promise.resolve(standing()),
      claim: (): Promise<Claim> => {
        if (holder === undefined) giveTo(node);
        const seen = record === undefined ? {} : { record };
        if (holder === node) return Promise.resolve({ held: true, fence: fenceNow(), ...seen });
        return Promise.resolve({ held: false, holder: holder ?? '', ...seen });
      },
      record: async (revision, fence, notes) => {
        if (holder !== node || fence.term !== fenceNow().term) throw lost();
        record = withRevision(record, revision, { by: node, at, ...notes });
        return Promise.resolve(fenceNow());
      },
      setHold: async (hold) => {
        record = withHold(record, hold, { by: node, at });
        return Promise.resolve();
      },
      changeDoneOnce: (change) => {
        const done = record?.doneOnce ?? [];
        const next = change(done);
        if (next !== done) record = withDoneOnce(record, next, { by: node, at });
        return Promise.resolve();
      },
      takeBack: (revision, reason) => {
        record = withTakenBack(record, { revision, reason }, { by: node, at });
        return Promise.resolve();
      },
      release: async () => {
        if (holder === node) giveTo(undefined);
        return Promise.resolve();
      },
    }),
  };
}

function lost(): AppError {
  return new AppError('writer-lease-lost', 'another agent holds the writer lease', {
    retryable: true,
  });
}
