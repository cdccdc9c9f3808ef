/** The steps of a rollout, forward and back. */
import type { StoredRollout } from '../../schemas/generated/rollout-record.ts';
import { ruleName } from './plan-waves.ts';

export type Rollout = StoredRollout;

export type ForwardStep =
  | { readonly kind: 'wave'; readonly wave: number }
  /** The nodes of all waves so far get the content with the cluster-wide resources. */
  | { readonly kind: 'share' };

export type BackStep =
  | { readonly kind: 'wave'; readonly wave: number }
  /** All nodes, also those whose waves have not begun. */
  | { readonly kind: 'all' };

type Planned = Pick<Rollout, 'waves' | 'strategy' | 'barrier'>;

/** Whether the cluster-wide resources are held back until a step of their own. */
export function hasShareStep({ waves, barrier }: Pick<Rollout, 'waves' | 'barrier'>): boolean {
  return waves.length > 1 || barrier !== undefined;
}

export function forwardSteps(rollout: Planned): readonly ForwardStep[] {
  const after = shareAfter(rollout);
  return rollout.waves.flatMap((_wave, wave): ForwardStep[] =>
    wave === after ? [{ kind: 'wave', wave }, { kind: 'share' }] : [{ kind: 'wave', wave }],
  );
}

/**
 * The waves that have begun, the last one first, and then all nodes. On the way back from the
 * cluster-wide resources no wave counts as begun.
 */
export function backSteps({ state: { begun } }: Pick<Rollout, 'state'>): readonly BackStep[] {
  const waves = [...Array(begun).keys()].toReversed();
  return [...waves.map((wave) => ({ kind: 'wave' as const, wave })), { kind: 'all' }];
}

/** The names of the waves that begin after the cluster-wide resources have changed. */
export function wavesAfterShare(planned: Planned): readonly string[] {
  const after = shareAfter(planned);
  return after === undefined ? [] : planned.waves.slice(after + 1).map(({ name }) => name);
}

/** Whether the next step is the cluster-wide resources, for which all nodes have to be prepared. */
export function isBeforeBarrier(rollout: Rollout): boolean {
  const { phase, step } = rollout.state;
  if (rollout.barrier === undefined || phase !== 'forward') return false;
  return forwardSteps(rollout)[step]?.kind === 'share';
}

/** The places of the waves whose nodes the step is about. */
export function wavesOfStep(rollout: Rollout): readonly number[] {
  const { phase, step, begun } = rollout.state;
  const isBack = phase === 'back';
  const current = isBack ? backSteps(rollout)[step] : forwardSteps(rollout)[step];
  if (current?.kind === 'wave') return [current.wave];
  return isBack ? [...rollout.waves.keys()] : [...Array(begun).keys()];
}

/** The name of a step, for people. */
export function stepName(rollout: Rollout): string {
  const { phase, step } = rollout.state;
  const current = phase === 'back' ? backSteps(rollout)[step] : forwardSteps(rollout)[step];
  if (current === undefined) return 'none';
  if (current.kind === 'share') return 'the cluster share';
  if (current.kind === 'all') return 'all nodes';
  return `wave ${rollout.waves[current.wave]?.name ?? String(current.wave)}`;
}

/** How a person names the step in a command. Names of waves have no spaces. */
export function stepArgument(rollout: Rollout): string {
  return stepName(rollout)
    .replace(/^wave /, '')
    .replace(/^the cluster share$/, 'cluster-share');
}

/** The wave after which the cluster-wide resources are written; undefined: there is no such step. */
function shareAfter(planned: Planned): number | undefined {
  if (!hasShareStep(planned)) return undefined;
  const { waves, strategy } = planned;
  const { clusterShare = 'last', waves: rules = [] } = strategy;
  const last = waves.length - 1;
  if (clusterShare === 'last') return last;
  const named = waves.findLastIndex(
    ({ rule }) => rule !== undefined && rules[rule] && ruleName(rules[rule], rule) === clusterShare,
  );
  return named === -1 ? last : named;
}
