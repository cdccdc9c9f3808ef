/** Records what happens in the fleet: it looks at all nodes after changes, at most once a second. */
import type { Fleet } from '../fleet/fleet.ts';
import { compareFleets, seeFleet, type SeenFleet } from './compare-nodes.ts';
import type { Rollouts } from '../rollout/rollouts.ts';
import type { FleetEventLog } from './fleet-event-log.ts';
import { seeRollout } from './rollout-events.ts';

export interface WatchedFleet {
  readonly fleet: Pick<Fleet, 'watch' | 'records' | 'revision' | 'role'>;
  readonly rollouts: Pick<Rollouts, 'current' | 'moment' | 'seen'>;
  readonly log: Pick<FleetEventLog, 'record'>;
  /** Calls back after the time between two looks. Returns a function that calls it off. */
  readonly later: (work: () => void) => () => void;
}

/**
 * The first look after the stored state is known is the base: it makes no events.
 * @returns a function that ends the watch
 */
export function watchFleet({ fleet, rollouts, log, later }: WatchedFleet): () => void {
  let seen: SeenFleet | undefined;
  let callOff: (() => void) | undefined;
  const look = (): void => {
    callOff = undefined;
    if (fleet.role() !== 'leader') return;
    const rollout = seeRollout(rollouts.current()?.rollout, rollouts.moment(), rollouts.seen);
    const now = seeFleet(fleet.records(), fleet.revision(), rollout);
    if (seen !== undefined) log.record(compareFleets(seen, now));
    seen = now;
  };
  const unwatch = fleet.watch(() => {
    callOff ??= later(look);
  });
  look();
  return () => {
    unwatch();
    callOff?.();
  };
}
