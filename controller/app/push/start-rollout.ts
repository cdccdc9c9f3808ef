/** Starts a rollout: checks the configuration and the strategy, plans the waves, and stores them. */
import type { Issue } from '../../../core/issue.ts';
import { refOf } from '../../../core/protocol/messages.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import { barrierText } from '../../../core/rollout/barrier.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import type { ConfigChecker } from '../../ports/config-checker.ts';
import {
  applyWords,
  planStart,
  refuseNow,
  requireStrategy,
  startWords,
  type StartWords,
} from './check-start.ts';
import {
  prepareRevision,
  type PrepareDeps,
  type Prepared,
  type PushRequest,
} from './prepare-revision.ts';
import type { FleetStore } from '../store/fleet-store.ts';
import { rolloutOf } from '../rollout/new-rollout.ts';
import { isRunning, refuseWhileRunning } from '../rollout/refuse-while-running.ts';
import type { Rollouts } from '../rollout/rollouts.ts';
import { shownWaves, type ShownWave } from './shown-waves.ts';

export interface StartRequest extends PushRequest {
  readonly strategy: RolloutStrategy;
  /** A push or rollout that is running ends. */
  readonly supersede?: boolean;
  /** How messages name what is done. Default: as of a command. */
  readonly words?: StartWords;
  /** As of a push: called in its turn, before anything has changed; what it throws refuses it. */
  readonly requireBase?: () => void;
}

export interface StartOutcome {
  /** already: this content is the fleet's newest revision; nothing begins anew. */
  readonly result: 'started' | 'already';
  readonly revision: RevisionRef;
  /** Of the configuration, and warnings of the strategy. */
  readonly issues: readonly Issue[];
  readonly waves: readonly ShownWave[];
  /** Why all nodes have to be prepared before the cluster-wide resources change. Absent: they need not. */
  readonly barrier?: string;
}

export type StartRollout = (request: StartRequest) => Promise<StartOutcome>;

export interface StartDeps extends PrepareDeps {
  readonly checker: Pick<ConfigChecker, 'check' | 'preview'>;
  readonly store: Pick<FleetStore, 'rollouts' | 'readRevision'>;
  readonly rollouts: Pick<Rollouts, 'inTurn' | 'begin' | 'current' | 'moment' | 'look'>;
  readonly logger: Logger;
}

/** @returns a start that throws an AppError for what it refuses; then nothing has changed */
export function createStartRollout(deps: StartDeps): StartRollout {
  const { rollouts } = deps;
  return async (request) => {
    // A push that all nodes have confirmed is over, also before the next look.
    await rollouts.look();
    const outcome = await rollouts.inTurn(() => start(request, deps));
    if (outcome.result === 'started') await rollouts.look();
    return outcome;
  };
}

/** Refuses what a start would refuse, and changes nothing. @throws AppError as a start */
export function createTryStart(
  deps: Omit<StartDeps, 'logger'>,
): (request: StartRequest) => Promise<void> {
  const { rollouts } = deps;
  return (request) =>
    rollouts.inTurn(async () => {
      await prepareStart(request, deps);
      await planStart(request, deps, wordsOf(request));
    });
}

async function start(request: StartRequest, deps: StartDeps): Promise<StartOutcome> {
  const { rollouts, store, logger } = deps;
  const { strategy } = request;
  const { result, revision, issues } = await prepareStart(request, deps);
  const ref = refOf(revision);
  if (result === 'already') return { result, revision: ref, issues, waves: [] };
  const planned = await planStart(request, deps, wordsOf(request));
  const { waves, base, barrier, isHeld } = planned;
  const members = new Map(waves.flatMap(({ nodes }, wave) => nodes.map((name) => [name, wave])));
  const parts = await store.rollouts.saveMembers(revision.number, members);
  const plan = { strategy, waves, members: parts, ...(barrier !== undefined && { barrier }) };
  // The cluster-wide resources come with the last revision of the rollout.
  const first: Revision = isHeld ? { ...revision, clusterShare: 'later' } : revision;
  await rollouts.begin(rolloutOf(first, base, plan, rollouts.moment().ms));
  const { number, by } = revision;
  logger.info('a rollout is started', {
    rollout: number,
    revision: number,
    wave: `wave ${waves[0]?.name ?? ''}`,
    by,
  });
  const why = barrier === undefined ? {} : { barrier: barrierText(barrier) };
  const all = [...issues, ...planned.issues];
  return { result: 'started', revision: ref, issues: all, waves: shownWaves(waves), ...why };
}

/** A proposal is never started with other options than those that were approved. */
function wordsOf({ words, proposal }: StartRequest): StartWords {
  return words ?? (proposal === undefined ? startWords : applyWords(proposal));
}

/** The revision that a start would store. Changes nothing. @throws AppError where it cannot begin now */
export async function prepareStart(
  request: StartRequest,
  deps: Omit<StartDeps, 'logger' | 'store'>,
): Promise<Prepared> {
  const { fleet, rollouts } = deps;
  const words = wordsOf(request);
  requireStrategy(request, words);
  const before = rollouts.current();
  const prepared = await prepareRevision(request, deps, {
    isAnew: request.supersede === true && isRunning(before),
  });
  request.requireBase?.();
  if (prepared.result === 'new' && request.supersede !== true) {
    refuseWhileRunning(before, words);
    refuseNow(before?.rollout, fleet, words);
  }
  return prepared;
}
