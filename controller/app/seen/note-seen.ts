/**
 * Notes every few minutes which nodes are connected. After a kill, or when another controller takes over,
 * that is their time: what their own records say may be an hour old.
 */
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import type { Store } from '../../ports/store.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { NodeKeeper } from '../fleet/keep-nodes.ts';
import { seenName } from '../store/fleet-keys.ts';
import { seenOf, seenText, withSeen } from './seen-record.ts';

export interface SeenNotes {
  /** Gives the stored nodes the times of the last note. @throws AppError where the store cannot be read */
  date(nodes: readonly StoredNode[]): Promise<readonly StoredNode[]>;
  /** Notes the nodes that are connected now, unless the last call still does. Never rejects. */
  note(): Promise<void>;
  /** Resolves when no note is being written. */
  settled(): Promise<void>;
}

export interface SeenNotesDeps {
  readonly store: Pick<Store, 'get' | 'commit'>;
  readonly cluster: string;
  readonly fleet: Pick<Fleet, 'records' | 'lastSeenAt' | 'role'>;
  readonly nodeStore: Pick<NodeKeeper, 'changed' | 'settled' | 'problem'>;
  readonly logger: Pick<Logger, 'warn'>;
}

export function createSeenNotes(deps: SeenNotesDeps): SeenNotes {
  const { store, cluster, fleet, nodeStore, logger } = deps;
  const name = seenName(cluster);
  let running: Promise<void> | undefined;
  let told: string | undefined;
  /** Nodes that are away may have their time from the last note only, which the next one replaces. */
  let areAwayStored = false;
  const write = async (): Promise<void> => {
    if (fleet.role() !== 'leader' || nodeStore.problem() !== undefined) return;
    const { at, connected, away } = seenIn(fleet);
    if (at === undefined) return;
    const text = seenText(at, connected, away);
    if (text === undefined) throw tooLarge();
    if (!areAwayStored) for (const node of away) nodeStore.changed(node);
    // The times of nodes that have gone are on disk before a note leaves them out.
    await nodeStore.settled();
    if (nodeStore.problem() !== undefined) return;
    areAwayStored = true;
    await store.commit({ changes: [{ ...name, text }] });
  };
  const noted = async (): Promise<void> => {
    try {
      await write();
      told = undefined;
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== told) logger.warn(`cannot note which nodes are connected: ${reason}`);
      told = reason;
    } finally {
      running = undefined;
    }
  };
  return {
    date: async (nodes) => {
      areAwayStored = false;
      const record = await store.get(name);
      const seen = record && seenOf(record.text);
      return seen === undefined ? nodes : withSeen(nodes, seen);
    },
    note: () => (running ??= noted()),
    settled: async () => running,
  };
}

function tooLarge(): AppError {
  return new AppError('limit-reached', 'the names of these nodes take more than 512 KiB');
}

interface SeenNow {
  /** Each connected node was heard at this time or later; undefined: none is connected. */
  readonly at: string | undefined;
  readonly connected: readonly string[];
  readonly away: readonly string[];
}

function seenIn({ records, lastSeenAt }: Pick<Fleet, 'records' | 'lastSeenAt'>): SeenNow {
  const connected: string[] = [];
  const away: string[] = [];
  let at: string | undefined;
  for (const record of records()) {
    if (record.connection === undefined) {
      away.push(record.name);
    } else {
      connected.push(record.name);
      // A node that is gone without a word counts as connected for a minute.
      const heard = lastSeenAt(record);
      if (at === undefined || heard < at) at = heard;
    }
  }
  return { at, connected, away };
}
