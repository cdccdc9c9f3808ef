import type { Derived } from '../../../core/deciding/question.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import type { Observed } from '../../../core/observe/observed.ts';
import type { DecideOptions, Decider } from '../../ports/decider.ts';
import { finishInTurns, otherWorkFirst } from '../../../runtime/pacing/in-turns.ts';
import type { Targets } from '../apply/targets.ts';

export interface PlannedChange {
  readonly plan: AnyPlan;
  /** What the plan goes by. */
  readonly observed: Observed;
}

export interface Planning {
  readonly decider: Pick<Decider, 'plan'>;
  readonly targets: Targets;
  /** Projects of LXD that the configuration in force names: what is ours there goes with it. */
  readonly previousProjects?: () => Promise<readonly string[]>;
  /** Whether guard routes carry the traffic during a change. */
  readonly guards: () => boolean;
}

/** Observes the targets, and plans the changes to what is desired. */
export async function planDesired(
  { decider, targets, previousProjects, guards }: Planning,
  node: string,
  { desired }: Derived,
  options: DecideOptions = { isUrgent: true },
): Promise<PlannedChange> {
  const { calico, lxd } = targets;
  const [{ poolsToChangeInParts }, found] = await Promise.all([
    import('../../../core/plan/pools/pools-to-change.ts'),
    calico.observe(node),
  ]);
  const pools = await finishInTurns(poolsToChangeInParts(desired, found));
  const cidrs = pools.toDelete;
  // Where the use of pools is unknown, the plan names no pool: then each of them stays.
  const poolUsage = cidrs.length === 0 ? undefined : ((await calico.poolUsage(cidrs)) ?? []);
  const blocks = pools.toCreate.length === 0 ? undefined : await calico.blocks?.();
  const observed: Observed = {
    ...found,
    ...(blocks !== undefined && { blocks }),
    ...(poolUsage !== undefined && { poolUsage }),
    ...(lxd !== undefined && { lxd: await lxd.observe() }),
  };
  const previous = (lxd && (await previousProjects?.())) ?? [];
  await otherWorkFirst();
  const question = {
    desired,
    observed,
    previousProjects: previous,
    ...(calico.reachesCluster && { traffic: { guards: guards() } }),
  };
  const plan = await decider.plan(question, options);
  if (plan.steps.length === 0) return { plan, observed };
  const absent = (await calico.checkCalico?.()) ?? [];
  if (absent.length === 0) return { plan, observed };
  const { withoutLosses } = await import('../../../core/plan/order/find-losses.ts');
  return { plan: { ...plan, issues: [...withoutLosses(plan.issues), ...absent] }, observed };
}
