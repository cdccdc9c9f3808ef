/** The first state of a rollout. */
import type { RolloutStrategy } from '../../schemas/generated/rollout-strategy.ts';
import type { RolloutBarrier } from '../../schemas/generated/rollout-record.ts';
import type { Wave } from './plan-waves.ts';
import type { Rollout } from './steps.ts';

export interface RolloutBeginning {
  readonly kind: Rollout['kind'];
  readonly strategy: RolloutStrategy;
  readonly waves: readonly Wave[];
  /** Absent: the nodes need not wait for each other. */
  readonly barrier?: RolloutBarrier;
  /** Absent: the nodes have no content that they could get again. */
  readonly base?: number;
  readonly target: number;
  readonly by: string;
  /** RFC 3339. */
  readonly at: string;
  /** How many records name the nodes of the waves. */
  readonly members: number;
}

/** A push runs at once, because its only wave waits for nothing. */
export function beginRollout(
  { kind, strategy, waves, barrier, base, target, by, at, members }: RolloutBeginning,
  ms: number,
): Rollout {
  const isPush = kind === 'push';
  return {
    formatVersion: 1,
    kind,
    revisions: { target, ...(base !== undefined && { base }) },
    strategy,
    waves: waves.map(({ nodes, ...wave }) => ({ ...wave, nodes: nodes.length })),
    ...(barrier !== undefined && { barrier }),
    members,
    by: by.slice(0, 256),
    startedAt: at,
    changedAt: at,
    state: {
      phase: 'forward',
      step: 0,
      stage: isPush ? 'running' : 'before',
      sinceMs: ms,
      begun: isPush ? 1 : 0,
      approved: 0,
      tolerated: 0,
    },
  };
}
