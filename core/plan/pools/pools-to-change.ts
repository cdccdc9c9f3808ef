import type { Desired } from '../../render/desired.ts';
import { poolsToDelete } from '../find-deletions.ts';
import type { Observed } from '../plan.ts';
import { poolsToCreate } from './left-blocks.ts';

export interface PoolsToChange {
  /** Networks of the pools that would go, if none of their addresses is in use. */
  readonly toDelete: readonly string[];
  /** Networks of the pools that would be made. */
  readonly toCreate: readonly string[];
}

/** Looks at the pools alone: the peers, of which there may be tens of thousands, change nothing of it. */
export function poolsToChange(desired: Desired, observed: Observed): PoolsToChange {
  const pools: Desired = {
    ...desired,
    resources: desired.resources.filter(({ resource }) => resource.kind === 'IPPool'),
  };
  const found: Observed = {
    ...observed,
    resources: observed.resources.filter(({ resource }) => resource.kind === 'IPPool'),
  };
  return { toDelete: poolsToDelete(pools, found), toCreate: poolsToCreate(pools, found) };
}
