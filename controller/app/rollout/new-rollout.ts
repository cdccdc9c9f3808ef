/** The rollouts of new revisions. */
import type { Revision } from '../../../core/revision/revision.ts';
import { beginRollout } from '../../../core/rollout/begin-rollout.ts';
import type { Wave } from '../../../core/rollout/plan-waves.ts';
import { plainStrategy } from '../../../core/rollout/strategy.ts';
import type { RolloutBarrier } from '../../../schemas/generated/rollout-record.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { LiveRollout } from '../assignment/assignment.ts';

/**
 * A rollout of one wave with all nodes, which waits for nothing.
 * @param base what all nodes have; undefined: each of them goes back to what it confirmed last
 */
export function pushOf(
  revision: Revision,
  base: Revision | undefined,
  fleet: Pick<Fleet, 'records'>,
  ms: number,
): LiveRollout {
  const nodes = fleet.records().map(({ name }) => name);
  const beginning = { kind: 'push', strategy: plainStrategy, members: 0 } as const;
  return begun(revision, base, { ...beginning, waves: [{ name: 'all', nodes }] }, ms);
}

/** @param members the number of records that name the nodes of the waves */
export function rolloutOf(
  revision: Revision,
  base: Revision | undefined,
  plan: {
    readonly strategy: RolloutStrategy;
    readonly waves: readonly Wave[];
    readonly members: number;
    readonly barrier?: RolloutBarrier;
  },
  ms: number,
): LiveRollout {
  return begun(revision, base, { kind: 'rollout', ...plan }, ms);
}

function begun(
  revision: Revision,
  base: Revision | undefined,
  plan: Pick<
    Parameters<typeof beginRollout>[0],
    'kind' | 'strategy' | 'waves' | 'members' | 'barrier'
  >,
  ms: number,
): LiveRollout {
  const { number: target, by, acceptedAt: at } = revision;
  const has = base === undefined ? {} : { base: base.number };
  const rollout = beginRollout({ ...plan, ...has, target, by, at }, ms);
  const members = new Map(
    plan.waves.flatMap(({ nodes }, wave) => nodes.map((name) => [name, wave])),
  );
  const revisions = new Map([[target, revision]]);
  if (base !== undefined) revisions.set(base.number, base);
  return { rollout, members, revisions };
}
