/**
 * Is this still the history of which a watch has read a part? An etcd whose data was wiped, or that
 * was restored from a snapshot, counts its revisions from an earlier one: a watch that resumes at
 * its own next revision would wait there in silence, or miss what lies in between.
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

/** What a server says of itself now. */
export interface HistoryNow {
  readonly clusterId: string;
  readonly revision: string;
}

/** False also where the write is compacted away: then nobody can tell. */
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
