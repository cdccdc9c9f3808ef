/** A store of a fleet that keeps nothing, for tests of what happens in memory. */
import { createRollouts, type Rollouts } from '../../../controller/app/rollout/rollouts.ts';
import type { Fleet } from '../../../controller/app/fleet/fleet.ts';
import type { FleetStore } from '../../../controller/app/store/fleet-store.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';

export const forgetfulStore: FleetStore = {
  load: () => Promise.reject(new Error('not here')),
  addRevision: () => Promise.resolve(),
  replaceRevision: () => Promise.resolve(),
  readRevision: () => Promise.resolve(undefined),
  rollouts: {
    all: () => Promise.resolve([]),
    save: () => Promise.resolve(),
    saveMembers: () => Promise.resolve(1),
    keepMembers: () => Promise.resolve(),
  },
  saveNodes: () => Promise.resolve(),
  saveSomeNodes: () => Promise.resolve(),
  saveAnswers: () => Promise.resolve(),
};

export function rolloutsOf(fleet: Fleet, now: () => string): Rollouts {
  return createRollouts({
    cluster: 'default',
    fleet,
    store: forgetfulStore,
    answersKept: () => Promise.resolve(),
    nodesKept: () => Promise.resolve(),
    now,
    elapsedMs: () => 0,
    logger: silentLogger,
  });
}
