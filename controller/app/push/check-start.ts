/** What a rollout needs before it can be started, and before it can be proposed. */
import { hasErrors, type Issue } from '../../../core/issue.ts';
import { nameSome } from '../../../core/name-some.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import { checkStrategy } from '../../../core/rollout/check-strategy.ts';
import { planWaves, type Wave } from '../../../core/rollout/plan-waves.ts';
import { isOver } from '../../../core/rollout/step.ts';
import { hasShareStep, type Rollout } from '../../../core/rollout/steps.ts';
import { termsOf } from '../../../core/rollout/strategy.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { RolloutBarrier } from '../../../schemas/generated/rollout-record.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { heldContent } from '../rollout/held-content.ts';
import type { Rollouts } from '../rollout/rollouts.ts';
import { failedNodes } from '../rollout/see-nodes.ts';
import { barrierIssues, needsBarrier, whyNotOlder, type BarrierDeps } from './needs-barrier.ts';

/** How messages name what the person does, and what helps. */
export interface StartWords {
  /** `start the rollout` */
  readonly what: string;
  /** What the person can do where something else is on its way. */
  readonly supersede: string;
  /** What the person can do where nodes would lose sessions. */
  readonly acceptLoss: string;
  /** How the person can do without a rollout. */
  readonly plain: string;
}

export const startWords: StartWords = {
  what: 'start the rollout',
  supersede: 'start it with --supersede',
  acceptLoss: 'with --accept-loss the rollout begins so',
  plain: 'push the configuration to all nodes at once (calico-controller push)',
};

const plainProposal = 'propose the configuration for all nodes at once, without --strategy';

export const proposeWords: StartWords = {
  what: 'propose the rollout',
  supersede: 'propose it with --supersede',
  acceptLoss: 'with calico-controller propose --accept-loss the rollout begins so',
  plain: plainProposal,
};

/** A proposal cannot be applied with other options than those that were approved. */
export function applyWords(proposal: number): StartWords {
  const again = `calico-controller propose --again ${String(proposal)}`;
  return {
    what: `apply proposal ${String(proposal)}`,
    supersede: `propose it so that it ends that: ${again} --supersede`,
    acceptLoss: `with ${again} --accept-loss the rollout begins so`,
    plain: plainProposal,
  };
}

export interface PlannedStart {
  readonly waves: readonly Wave[];
  /** Warnings about the strategy. */
  readonly issues: readonly Issue[];
  /** What the nodes get again when the rollout goes back; absent: there is nothing. */
  readonly base?: Revision;
  readonly barrier?: RolloutBarrier;
  /** The cluster-wide resources are held back until a step of their own. */
  readonly isHeld: boolean;
}

interface StartTerms {
  readonly text: string;
  readonly strategy: RolloutStrategy;
  readonly confirmSeconds?: number;
  readonly acceptLoss?: boolean;
}

type StrategyTerms = Pick<StartTerms, 'strategy' | 'confirmSeconds'>;

export interface PlanDeps extends BarrierDeps {
  readonly fleet: Pick<Fleet, 'facts' | 'lastNumber' | 'records' | 'revision'>;
  readonly rollouts: Pick<Rollouts, 'current'>;
}

/**
 * The waves of the nodes as they are now, and the barrier between them.
 * @throws AppError not-found, invalid-config, bad-request
 */
export async function planStart(
  { text, acceptLoss, ...terms }: StartTerms,
  deps: PlanDeps,
  words: StartWords,
): Promise<PlannedStart> {
  const { fleet, rollouts } = deps;
  const { strategy } = terms;
  const { waves, issues } = wavesNow(terms, fleet, words);
  const held = await heldContent(deps);
  const { base } = held;
  const barrier = await needsBarrier(text, held, rollouts.current(), deps);
  const against = acceptLoss === true ? [] : barrierIssues(barrier, strategy, waves);
  if (hasErrors(against)) {
    const hint = `leave clusterShare out, or write last; ${words.acceptLoss}`;
    throw refused(
      against.map((issue) => ({ ...issue, hint })),
      words,
    );
  }
  const isHeld = hasShareStep({ waves: counted(waves), ...(barrier !== undefined && { barrier }) });
  if (isHeld) refuseOlder(fleet, whyNotOlder(barrier), words);
  return {
    ...{ waves, issues },
    ...(base !== undefined && { base }),
    ...(barrier !== undefined && { barrier }),
    isHeld,
  };
}

/**
 * What passes: a push that nodes have not confirmed yet, and failed nodes.
 * @throws AppError rollout-not-possible
 */
export function refuseNow(
  before: Rollout | undefined,
  fleet: Pick<Fleet, 'records' | 'assigned' | 'revision'>,
  words: StartWords,
): void {
  refuseDuringPush(before, words);
  refuseAfterFailures(fleet, words);
}

function counted(waves: readonly Wave[]): Rollout['waves'] {
  return waves.map((wave) => ({ ...wave, nodes: wave.nodes.length }));
}

/** A wave that waits for a person has to be able to wait for as long as the person may take. */
function refuseShortLimit({ confirmSeconds = 0, strategy }: StrategyTerms, what: string): void {
  if (confirmSeconds * 1000 < termsOf(strategy).limitMs) return;
  const { limit = '15m' } = strategy;
  throw new AppError(
    'bad-request',
    `cannot ${what}: a person may take ${String(confirmSeconds)} s to confirm, and a wave has failed after ${limit}; give --confirm-within a shorter time, or the strategy a longer limit`,
  );
}

/** @throws AppError invalid-config with all issues at once */
export function requireStrategy(terms: StrategyTerms, words: StartWords): void {
  const faults = checkStrategy(terms.strategy);
  if (hasErrors(faults)) throw refused(faults, words);
  refuseShortLimit(terms, words.what);
}

/** The waves of the nodes as they are now, and warnings. @throws AppError not-found, invalid-config */
export function wavesNow(
  terms: StrategyTerms,
  fleet: Pick<Fleet, 'records'>,
  words: StartWords,
): Pick<PlannedStart, 'waves' | 'issues'> {
  requireStrategy(terms, words);
  const { strategy } = terms;
  const nodes = fleet.records().map(({ name, facts }) => ({ name, labels: facts.labels }));
  if (nodes.length === 0) {
    throw new AppError(
      'not-found',
      `cannot ${words.what}: no node is known yet; connect agents, or ${words.plain}`,
    );
  }
  const plan = planWaves(strategy, nodes);
  if (plan.ok) return plan;
  throw refused(plan.issues, words);
}

function refused(issues: readonly Issue[], { what }: StartWords): AppError {
  const message = `cannot ${what}: its strategy has errors, and nothing was sent`;
  return new AppError('invalid-config', message, { issues });
}

/** Nodes that have not confirmed the last push have no content that is known to be good. */
function refuseDuringPush(before: Rollout | undefined, { what, supersede }: StartWords): void {
  if (before === undefined || isOver(before)) return;
  const number = String(before.revisions.target);
  throw new AppError(
    'rollout-not-possible',
    `cannot ${what}: connected nodes have not confirmed revision ${number} yet (calico-controller nodes --only pending); wait for them, or ${supersede}`,
  );
}

/** They would be failures of the new revision, or hide that it is one. */
function refuseAfterFailures(
  fleet: Pick<Fleet, 'records' | 'assigned' | 'revision'>,
  { what, supersede }: StartWords,
): void {
  const failed = failedNodes(fleet);
  if (failed.length === 0) return;
  const number = String(fleet.revision()?.number);
  throw new AppError(
    'rollout-not-possible',
    `cannot ${what}: ${nameSome(failed)} did not take revision ${number} (calico-controller nodes --only failed); mend that, or ${supersede}`,
  );
}

/** @throws AppError bad-request for agents that would change the cluster-wide resources at once */
function refuseOlder(
  fleet: Pick<Fleet, 'records'>,
  why: string,
  { what, plain }: StartWords,
): void {
  const older = fleet
    .records()
    .filter(({ connection, knowsClusterShare }) => connection !== undefined && !knowsClusterShare);
  if (older.length === 0) return;
  const names = nameSome(older.map(({ name }) => name));
  throw new AppError(
    'bad-request',
    `cannot ${what}: the agents of ${names} are older, and ${why}; upgrade them, or ${plain}`,
  );
}
