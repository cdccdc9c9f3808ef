import type { Observed, Plan } from '../../core/plan/plan.ts';
import type { CalicoDatastore } from '../ports/calico-datastore.ts';
import type { Wanted } from './derive.ts';

export interface PlannedChange {
  readonly plan: Plan;
  /** What the plan goes by. */
  readonly observed: Observed;
}

/** What is to be done for what is wanted, as things are. */
export async function planWanted(
  datastore: CalicoDatastore,
  node: string,
  { desired }: Wanted,
): Promise<PlannedChange> {
  const [{ planChanges }, { poolsToDelete }, found] = await Promise.all([
    import('../../core/plan/plan-changes.ts'),
    import('../../core/plan/find-deletions.ts'),
    datastore.observe(node),
  ]);
  const cidrs = poolsToDelete(desired, found);
  const poolUsage = cidrs.length === 0 ? undefined : await datastore.poolUsage(cidrs);
  const observed = poolUsage === undefined ? found : { ...found, poolUsage };
  return { plan: planChanges(desired, observed), observed };
}
