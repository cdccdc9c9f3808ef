/** What does not go together with a rollout. */
import { isOver } from '../../../core/rollout/step.ts';
import { hasShareStep, type Rollout } from '../../../core/rollout/steps.ts';
import { newestOf } from '../../../core/rollout/targets.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { LiveRollout } from '../assignment/assignment.ts';

/** Whether a rollout is on its way; a push does not count. */
export function isRunning(live: LiveRollout | undefined): live is LiveRollout {
  return live !== undefined && live.rollout.kind === 'rollout' && !isOver(live.rollout);
}

/**
 * @param what `push the configuration`
 * @param supersede what the person can do to end it: `start it with --supersede`
 * @throws AppError rollout-not-possible while a rollout runs; a push does not count
 */
export function refuseWhileRunning(
  live: LiveRollout | undefined,
  { what, supersede }: { readonly what: string; readonly supersede: string },
): void {
  if (!isRunning(live)) return;
  throw new AppError(
    'rollout-not-possible',
    `cannot ${what}: ${runningText(live.rollout)}, or ${supersede}`,
  );
}

/** What runs, and how a person ends it: one that goes back cannot be aborted again. */
function runningText({ revisions, state }: Rollout): string {
  const name = `the rollout of revision ${String(revisions.target)}`;
  const status = 'wait for its end (calico-controller rollout status)';
  if (state.phase !== 'back') {
    return `${name} is running; ${status}, abort it with calico-controller rollout abort`;
  }
  const resume =
    state.paused === undefined ? '' : ', let it go on with calico-controller rollout resume';
  return `${name} goes back; ${status}${resume}`;
}

/**
 * Each node would go back to what it confirmed last: the same content without the cluster-wide
 * resources, what its wave has, or, after an abort, what was aborted.
 * @throws AppError rollout-not-possible
 */
export function refuseToRollBack(live: LiveRollout | undefined): void {
  if (live === undefined) return;
  const { rollout } = live;
  const { phase } = rollout.state;
  const { target, back } = rollout.revisions;
  if ((phase === 'back' || phase === 'aborted') && back !== undefined) {
    throw new AppError(
      'rollout-not-possible',
      `cannot roll back: revision ${String(newestOf(rollout))} has what the nodes had before ${String(target)}, and they would go back to ${String(target)}; push another configuration`,
    );
  }
  if (rollout.kind === 'push') return;
  if (isOver(rollout) && !(rollout.state.phase === 'done' && hasShareStep(rollout))) return;
  throw new AppError(
    'rollout-not-possible',
    'cannot roll back: the revision came by a rollout; calico-controller rollout abort takes it back, wave after wave',
  );
}
