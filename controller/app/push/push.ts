/** Takes a pushed configuration: checks it, stores it, and then sends it to all agents. */
import type { Issue } from '../../../core/issue.ts';
import { refOf } from '../../../core/protocol/messages.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { heldContent, type HeldDeps } from '../rollout/held-content.ts';
import { pushOf } from '../rollout/new-rollout.ts';
import { isRunning, refuseWhileRunning } from '../rollout/refuse-while-running.ts';
import type { Rollouts } from '../rollout/rollouts.ts';
import type { ShownWave } from './shown-waves.ts';
import {
  prepareRevision,
  type PrepareDeps,
  type Prepared,
  type PushRequest,
} from './prepare-revision.ts';

export interface PushOutcome {
  /** already: this content is the fleet's newest revision; nothing begins anew. */
  readonly result: 'accepted' | 'already';
  readonly revision: RevisionRef;
  readonly issues: readonly Issue[];
  /** Where a followed file is brought by a rollout. Absent: all nodes get it at once. */
  readonly waves?: readonly ShownWave[];
}

/**
 * @param supersede a rollout that is running ends, and all nodes get this configuration
 * @param requireBase called when the push has its turn, and no other one can come before it any
 *   more; what it throws refuses the push
 * @returns a push that throws an AppError for what it refuses; then nothing has changed
 */
export type Push = (
  request: PushRequest & { readonly supersede?: boolean; readonly requireBase?: () => void },
) => Promise<PushOutcome>;

export interface PushDeps extends PrepareDeps {
  readonly rollouts: Pick<Rollouts, 'inTurn' | 'begin' | 'current' | 'moment'>;
  readonly store: HeldDeps['store'];
  readonly logger: Logger;
}

const pushWords = {
  what: 'push the configuration',
  supersede: 'push with --supersede, which ends it and gives all nodes the configuration at once',
};

/** Refuses what a push would refuse, and changes nothing. @throws AppError as a push */
export type TryPush = (request: Parameters<Push>[0]) => Promise<void>;

export function createTryPush(deps: Omit<PushDeps, 'logger' | 'store'>): TryPush {
  return (request) => deps.rollouts.inTurn(async () => void (await prepare(request, deps)));
}

/** A push is a rollout of one wave with all nodes. */
export function createPush(deps: PushDeps): Push {
  const { rollouts, logger } = deps;
  // One push at a time, so that two do not take the same number.
  return (request) =>
    rollouts.inTurn(async () => {
      const { result, revision, issues } = await prepare(request, deps);
      const ref = refOf(revision);
      if (result === 'already') return { result, revision: ref, issues };
      const { base } = await heldContent(deps);
      await rollouts.begin(pushOf(revision, base, deps.fleet, rollouts.moment().ms));
      logger.info('a new revision', { revision: revision.number, by: revision.by });
      return { result: 'accepted', revision: ref, issues };
    });
}

async function prepare(
  request: Parameters<Push>[0],
  { rollouts, ...deps }: Omit<PushDeps, 'logger' | 'store'>,
): Promise<Prepared> {
  const prepared = await prepareRevision(request, deps, {
    isAnew: request.supersede === true && isRunning(rollouts.current()),
  });
  request.requireBase?.();
  if (request.supersede !== true) {
    refuseWhileRunning(rollouts.current(), pushWords);
  }
  return prepared;
}
