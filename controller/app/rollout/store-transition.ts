/** Stores a transition of a rollout, in one transaction with the revision that it makes or decides about. */
import { controllerLineage } from '../../../core/protocol/messages.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import type { RolloutAction } from '../../../core/rollout/step.ts';
import { newestOf } from '../../../core/rollout/targets.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { LiveRollout } from '../assignment/assignment.ts';
import type { FleetStore } from '../store/fleet-store.ts';

export interface TransitionDeps {
  readonly cluster: string;
  readonly store: Pick<FleetStore, 'addRevision' | 'replaceRevision' | 'rollouts'>;
  /** RFC 3339. */
  readonly now: () => string;
}

/**
 * @param live with the next state of the rollout
 * @returns it with the revision that is new; it is on disk when this resolves
 */
export async function storeTransition(
  live: LiveRollout,
  actions: readonly RolloutAction[],
  deps: TransitionDeps,
): Promise<LiveRollout> {
  const { store } = deps;
  const { rollout } = live;
  for (const action of actions) {
    if (action.type === 'add-revision') {
      const revision = revisionFor(live, action, deps);
      await store.addRevision(revision, [rollout]);
      return withRevision(live, revision);
    }
    if (action.type === 'roll-back') {
      const number = newestOf(rollout);
      const revision = live.revisions.get(number);
      if (revision === undefined) throw lacks(number);
      const decided = { ...revision, decided: 'rolled-back' as const };
      await store.replaceRevision(decided, [rollout]);
      return withRevision(live, decided);
    }
  }
  await store.rollouts.save(rollout);
  return live;
}

/**
 * What the nodes had before needs nobody's consent, and no node refuses it because it rejected it: it
 * may have done so on the way back, in a wave without the cluster-wide resources.
 */
const asBefore = { acceptLoss: true, retry: true } as const;

/** The content of the target or of the base, with the next number. */
function revisionFor(
  { rollout, revisions }: LiveRollout,
  { content, number, later }: Extract<RolloutAction, { readonly type: 'add-revision' }>,
  { cluster, now }: TransitionDeps,
): Revision {
  const { base, target } = rollout.revisions;
  const from = content === 'base' ? base : target;
  const like = from === undefined ? undefined : revisions.get(from);
  if (like === undefined) throw lacks(from ?? 0);
  const { decided: _decided, confirmSeconds, clusterShare: _share, ...rest } = like;
  return {
    ...rest,
    lineage: controllerLineage(cluster),
    number,
    acceptedAt: now(),
    // On the way back it is not of the author of a source, who would push the target again after a
    // restart.
    ...(content === 'base'
      ? { by: `rollout of revision ${String(target)}, going back`, ...asBefore }
      : { by: rollout.by, ...(confirmSeconds !== undefined && { confirmSeconds }) }),
    ...(later && { clusterShare: 'later' }),
  };
}

export function withRevision(live: LiveRollout, revision: Revision): LiveRollout {
  const revisions = new Map(live.revisions).set(revision.number, revision);
  return { ...live, revisions };
}

export function lacks(number: number): AppError {
  return new AppError('internal', `cannot go on: revision ${String(number)} is not known`);
}
