import type { Logger } from '../../runtime/logger.ts';
import type { CalicoDatastore, DatastoreEvent, DatastoreWatch } from '../ports/calico-datastore.ts';
import type { Clock } from '../ports/clock.ts';

export interface Following {
  /** Watches for this node; where it has another name by now, anew. */
  follow(node: string): Promise<void>;
  /** False while changes would go unnoticed. */
  isWatching(): boolean;
  stop(): Promise<void>;
}

export interface FollowingDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly wake: () => void;
  /** Whether this agent waits for others: else its own claims of the share would wake it. */
  readonly recordMatters: () => boolean;
}

/** Events come in bursts, and at thousands of agents at once. */
const gatherMs = { least: 200, spread: 2800 };

/** Wakes the loop when somebody changed something that concerns this node. */
export function createFollowing(
  datastore: CalicoDatastore,
  { clock, logger, wake, recordMatters }: FollowingDeps,
): Following {
  let watch: DatastoreWatch | undefined;
  let followed: string | undefined;
  let isGathering = false;
  let isFailing = false;
  let callOff = (): void => undefined;

  const gather = (): void => {
    if (isGathering) return;
    isGathering = true;
    callOff = clock.after(gatherMs.least + Math.ceil(clock.random() * gatherMs.spread), () => {
      isGathering = false;
      wake();
    });
  };
  const stop = async (): Promise<void> => {
    followed = undefined;
    callOff();
    isGathering = false;
    await watch?.stop();
    watch = undefined;
  };
  return {
    stop,
    isWatching: () => watch !== undefined && !isFailing,
    follow: async (node) => {
      if (node === followed) return;
      await stop();
      followed = node;
      watch = datastore.watch(node, {
        changed: (event) => {
          isFailing = false;
          if (event.type === 'object' && !concerns(event, node, recordMatters())) return;
          gather();
        },
        failing: (reason) => {
          isFailing = true;
          // Reading finds out whether the datastore is away, and why: the status says so then.
          gather();
          logger.warn('cannot watch the datastore; it is read again now and then', { reason });
        },
      });
    },
  };
}

const recordKinds = new Set(['Lease', 'ShareRecord']);

function concerns(
  { kind, ofNode }: Extract<DatastoreEvent, { readonly type: 'object' }>,
  node: string,
  recordMatters: boolean,
): boolean {
  if (recordKinds.has(kind)) return recordMatters;
  return ofNode === undefined || ofNode === node;
}
