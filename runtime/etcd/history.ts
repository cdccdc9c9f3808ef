/**
 * Checks whether a server still has the history that a watch has read. An etcd whose data was
 * deleted, or that was restored from a snapshot, counts its revisions from an earlier one: a watch
 * that resumes at its own next revision would wait silently, or miss changes.
 */
import { status } from '@grpc/grpc-js';
import { rangeMethod } from './protocol.ts';
import { hasCode } from './rpc-error.ts';
import { isEarlier } from './keys.ts';
import type { Server } from './server.ts';

/** The newest known point of a server's history. */
export interface SeenHistory {
  readonly clusterId: string;
  readonly revision: string;
  /** A write that the history must still contain; absent: none is known. */
  readonly write?: SeenWrite;
}

export interface SeenWrite {
  readonly key: string;
  /** Its mod_revision. */
  readonly revision: string;
}

/** The current position of a server. */
export interface HistoryNow {
  readonly clusterId: string;
  readonly revision: string;
}

/** False also if the write is compacted, because then it is not known. */
export async function continuesHistory(
  server: Server,
  now: HistoryNow,
  seen: SeenHistory,
  ends: number,
): Promise<boolean> {
  if (now.clusterId !== seen.clusterId || isEarlier(now.revision, seen.revision)) return false;
  if (seen.write === undefined) return true;
  const { key, revision } = seen.write;
  const request = { range: { key }, revision, keysOnly: true };
  try {
    const { keys } = await server.call(rangeMethod, request, ends);
    return keys[0]?.modified === revision;
  } catch (error) {
    if (hasCode(error, status.OUT_OF_RANGE)) return false;
    throw error;
  }
}
