import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type {
  CalicoDatastore,
  DatastoreEvent,
  DatastoreWatch,
} from '../../ports/datastore/calico-datastore.ts';
import type { Clock } from '../../ports/clock.ts';

export interface Following {
  /** Watches the datastore for this node, and begins anew when the node's name changes. */
  follow(node: string): Promise<void>;
  /** False while the agent would not notice changes. */
  isWatching(): boolean;
  stop(): Promise<void>;
}

export interface FollowingDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly wake: () => void;
  /**
   * Whether a change of the writer record wakes the loop: only while this agent waits for others,
   * so that its own claims do not wake it.
   */
  readonly recordMatters: () => boolean;
  /** Reads the writer record for the status, because somebody may have put writing on hold. */
  readonly readRecord: () => Promise<unknown>;
}

/** Events come in bursts, and to thousands of agents at once. */
const gatherMs = { least: 200, spread: 2800 };

/** Wakes the loop when somebody changed something that concerns this node. */
export function createFollowing(
  datastore: CalicoDatastore,
  { clock, logger, wake, recordMatters, readRecord }: FollowingDeps,
): Following {
  let watch: DatastoreWatch | undefined;
  let followed: string | undefined;
  let gathering: 'nothing' | 'record' | 'all' = 'nothing';
  let isFailing = false;
  let callOff = (): void => undefined;

  const gather = (what: 'record' | 'all'): void => {
    const isWaiting = gathering !== 'nothing';
    if (gathering !== 'all') gathering = what;
    if (isWaiting) return;
    callOff = clock.after(gatherMs.least + Math.ceil(clock.random() * gatherMs.spread), () => {
      const gathered = gathering;
      gathering = 'nothing';
      if (gathered === 'all') wake();
      else readRecord().catch(readAll);
    });
  };
  /** A pass reads the record as well, reports the failure, and tries again until it succeeds. */
  const readAll = (error: unknown): void => {
    logger.warn('cannot read the writer record', { reason: reasonOf(error) });
    if (followed !== undefined) wake();
  };
  const stop = async (): Promise<void> => {
    followed = undefined;
    callOff();
    gathering = 'nothing';
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
          if (event.type !== 'object') return gather('all');
          if (recordKinds.has(event.kind)) return gather(recordMatters() ? 'all' : 'record');
          if (concerns(event, node)) gather('all');
        },
        failing: (reason) => {
          isFailing = true;
          // A pass finds out whether the datastore is unreachable, and shows the reason in the
          // status.
          gather('all');
          logger.warn('cannot watch the datastore; it is read again now and then', { reason });
        },
      });
    },
  };
}

const recordKinds = new Set(['Lease', 'WriterRecord']);

function concerns(
  { ofNode }: Extract<DatastoreEvent, { readonly type: 'object' }>,
  node: string,
): boolean {
  return ofNode === undefined || ofNode === node;
}
