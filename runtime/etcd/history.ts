/**
 * Is this still the history that a watch has seen a part of? An etcd whose data was wiped, or that
 * was restored from a snapshot, counts its revisions from an earlier one: a watch that resumes at
 * its own next revision would wait there in silence, or miss what lies in between.
 */
import { GRPCOutOfRangeError } from 'etcd3';
import type { Server } from './server.ts';

/** The newest that was seen of a server's history. */
export interface SeenHistory {
  readonly clusterId: string;
  readonly revision: string;
  /** A write that the history must still contain; absent: none was seen. */
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

export function isEarlier(one: string, other: string): boolean {
  return BigInt(one) < BigInt(other);
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
  const request = { key: Buffer.from(key), revision, keys_only: true };
  try {
    const { kvs } = await server.use(({ kv }) => kv.range(request, { deadline: ends }));
    return kvs[0]?.mod_revision === revision;
  } catch (error) {
    if (error instanceof GRPCOutOfRangeError) return false;
    throw error;
  }
}
