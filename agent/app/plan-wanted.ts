import { hasErrors } from '../../core/issue.ts';
import type { AnyPlan, Observed } from '../../core/plan/plan.ts';
import type { Desired } from '../../core/render/desired.ts';
import type { Targets } from './carry-out.ts';
import type { Wanted } from './derive.ts';

export interface PlannedChange {
  readonly plan: AnyPlan;
  /** What the plan goes by. */
  readonly observed: Observed;
}

/** What is to be done for what is wanted, as things are. */
export async function planWanted(
  { datastore, host, formerProjects }: Targets,
  node: string,
  { desired }: Wanted,
): Promise<PlannedChange> {
  const [{ planChanges }, { poolsToDelete }, found] = await Promise.all([
    import('../../core/plan/plan-changes.ts'),
    import('../../core/plan/find-deletions.ts'),
    datastore.observe(node),
  ]);
  const cidrs = poolsToDelete(desired, found);
  // Where nobody can tell, nothing is said of any pool: then each of them stays.
  const poolUsage = cidrs.length === 0 ? undefined : ((await datastore.poolUsage(cidrs)) ?? []);
  const observed: Observed = {
    ...found,
    ...(poolUsage !== undefined && { poolUsage }),
    ...(host !== undefined && { host: await host.observe() }),
  };
  const plan = planChanges(desired, observed);
  const former = (host && (await formerProjects?.())) ?? [];
  return { plan: await withHost(plan, withFormer(desired, former), observed), observed };
}

/** With an error anywhere nothing is done anywhere. */
async function withHost(plan: AnyPlan, desired: Desired, { host }: Observed): Promise<AnyPlan> {
  if (desired.host === undefined || host === undefined) return plan;
  const { planHost } = await import('../../core/lxd/plan-host.ts');
  const ofHost = planHost(desired.host, host);
  const issues = [...plan.issues, ...ofHost.issues];
  const steps = hasErrors(issues) ? [] : [...plan.steps, ...ofHost.steps];
  return { formatVersion: 1, steps, issues };
}

function withFormer(desired: Desired, former: readonly string[]): Desired {
  const { host } = desired;
  if (host === undefined) return desired;
  return { ...desired, host: { ...host, pruneIn: [...host.pruneIn, ...former] } };
}
