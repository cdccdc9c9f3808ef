/** Starts a rollout: checks the configuration and the strategy, plans the waves, and stores them. */
import { hasErrors, type Issue } from '../../../core/issue.ts';
import { nameSome } from '../../../core/name-some.ts';
import { refOf } from '../../../core/protocol/messages.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import { checkStrategy } from '../../../core/rollout/check-strategy.ts';
import { planWaves, type Wave } from '../../../core/rollout/plan-waves.ts';
import { isOver } from '../../../core/rollout/step.ts';
import { hasShareStep, type Rollout } from '../../../core/rollout/steps.ts';
import { barrierText } from '../../../core/rollout/barrier.ts';
import { termsOf } from '../../../core/rollout/strategy.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { ConfigChecker } from '../../ports/config-checker.ts';
import { barrierIssues, needsBarrier, whyNotOlder } from './needs-barrier.ts';
import { prepareRevision, type PrepareDeps, type PushRequest } from './prepare-revision.ts';
import type { FleetStore } from '../store/fleet-store.ts';
import { baseOf, rolloutOf } from '../rollout/new-rollout.ts';
import { isRunning, refuseWhileRunning } from '../rollout/refuse-while-running.ts';
import { failedNodes } from '../rollout/see-nodes.ts';
import type { Rollouts } from '../rollout/rollouts.ts';

export interface StartRequest extends PushRequest {
  readonly strategy: RolloutStrategy;
  /** A push or rollout that is running ends. */
  readonly supersede?: boolean;
  /** As of a push: called in its turn, before anything has changed; what it throws refuses it. */
  readonly requireBase?: () => void;
}

type StrategyTerms = Pick<StartRequest, 'strategy' | 'confirmSeconds'>;

export interface StartOutcome {
  /** already: this content is the fleet's newest revision; nothing begins anew. */
  readonly result: 'started' | 'already';
  readonly revision: RevisionRef;
  readonly issues: readonly Issue[];
  readonly waves: readonly { readonly name: string; readonly nodes: number }[];
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

async function start(request: StartRequest, deps: StartDeps): Promise<StartOutcome> {
  const { fleet, rollouts, store, logger } = deps;
  const { strategy } = request;
  requireStrategy(request);
  const before = rollouts.current();
  const { result, revision, issues } = await prepareRevision(request, deps, {
    isAnew: request.supersede === true && isRunning(before),
  });
  request.requireBase?.();
  const ref = refOf(revision);
  if (result === 'already') return { result, revision: ref, issues, waves: [] };
  if (request.supersede !== true) {
    refuseWhileRunning(before, 'start the rollout');
    refuseDuringPush(before?.rollout);
    refuseAfterFailures(fleet);
  }
  const waves = wavesFor(strategy, fleet);
  const base = baseOf(fleet, before);
  const barrier = await needsBarrier(request.text, base, before, deps);
  const against = request.acceptLoss === true ? [] : barrierIssues(barrier, strategy, waves);
  if (hasErrors(against)) throw refused(against);
  const isHeld = hasShareStep({ waves: counted(waves), ...(barrier !== undefined && { barrier }) });
  if (isHeld) refuseOlder(fleet, whyNotOlder(barrier));
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
  const counts = waves.map(({ name, nodes }) => ({ name, nodes: nodes.length }));
  const why = barrier === undefined ? {} : { barrier: barrierText(barrier) };
  return { result: 'started', revision: ref, issues, waves: counts, ...why };
}

function counted(waves: readonly Wave[]): Rollout['waves'] {
  return waves.map((wave) => ({ ...wave, nodes: wave.nodes.length }));
}

/** A wave that waits for a person has to be able to wait for as long as the person may take. */
function refuseShortLimit({ confirmSeconds = 0, strategy }: StrategyTerms): void {
  if (confirmSeconds * 1000 < termsOf(strategy).limitMs) return;
  const { limit = '15m' } = strategy;
  throw new AppError(
    'bad-request',
    `cannot start the rollout: a person may take ${String(confirmSeconds)} s to confirm, and a wave has failed after ${limit}; give --confirm-within a shorter time, or the strategy a longer limit`,
  );
}

/** @throws AppError invalid-config with all issues at once */
function requireStrategy(terms: StrategyTerms): void {
  const faults = checkStrategy(terms.strategy);
  if (hasErrors(faults)) throw refused(faults);
  refuseShortLimit(terms);
}

/** The waves of the nodes as they are now. @throws AppError not-found, invalid-config */
export function wavesNow(terms: StrategyTerms, fleet: Pick<Fleet, 'records'>): readonly Wave[] {
  requireStrategy(terms);
  return wavesFor(terms.strategy, fleet);
}

function wavesFor(strategy: RolloutStrategy, fleet: Pick<Fleet, 'records'>): readonly Wave[] {
  const nodes = fleet.records().map(({ name, facts }) => ({ name, labels: facts.labels }));
  if (nodes.length === 0) {
    throw new AppError(
      'not-found',
      'cannot start the rollout: no node is known yet; connect agents, or push the configuration with calico-controller push',
    );
  }
  const plan = planWaves(strategy, nodes);
  if (plan.ok) return plan.waves;
  throw refused(plan.issues);
}

function refused(issues: readonly Issue[]): AppError {
  const message = 'cannot start the rollout: its strategy has errors, and nothing was sent';
  return new AppError('invalid-config', message, { issues });
}

/** Nodes that have not confirmed the last push have no content that is known to be good. */
function refuseDuringPush(before: Rollout | undefined): void {
  if (before === undefined || isOver(before)) return;
  const number = String(before.revisions.target);
  throw new AppError(
    'rollout-not-possible',
    `cannot start the rollout: connected nodes have not confirmed revision ${number} yet (calico-controller nodes --only pending); wait for them, or start it with --supersede`,
  );
}

/** They would be failures of the new revision, or hide that it is one. */
function refuseAfterFailures(fleet: Pick<Fleet, 'records' | 'assigned' | 'revision'>): void {
  const failed = failedNodes(fleet);
  if (failed.length === 0) return;
  const number = String(fleet.revision()?.number);
  throw new AppError(
    'rollout-not-possible',
    `cannot start the rollout: ${nameSome(failed)} did not take revision ${number} (calico-controller nodes --only failed); mend that, or start it with --supersede`,
  );
}

/** @throws AppError bad-request for agents that would change the cluster-wide resources at once */
function refuseOlder(fleet: Pick<Fleet, 'records'>, why: string): void {
  const older = fleet
    .records()
    .filter(({ connection, knowsClusterShare }) => connection !== undefined && !knowsClusterShare);
  if (older.length === 0) return;
  const names = nameSome(older.map(({ name }) => name));
  throw new AppError(
    'bad-request',
    `cannot start the rollout: the agents of ${names} are older, and ${why}; upgrade them, or push the configuration to all nodes at once`,
  );
}
