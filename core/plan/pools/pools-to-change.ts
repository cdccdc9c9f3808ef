import type { Desired } from '../../render/desired.ts';
import { poolsToDelete } from '../find-deletions.ts';
import type { Observed } from '../../observe/observed.ts';
import { poolsToCreate } from './left-blocks.ts';

export interface PoolsToChange {
  /** Networks of the pools that would be deleted, if none of their addresses is in use. */
  readonly toDelete: readonly string[];
  /** Networks of the pools that would be made. */
  readonly toCreate: readonly string[];
}

/**
 * Reads only the pools. There may be tens of thousands of objects, so other work may be done after
 * each.
 */
export function* poolsToChangeInParts(
  desired: Desired,
  observed: Observed,
): Generator<undefined, PoolsToChange> {
  const pools: Desired = { ...desired, resources: yield* poolsOf(desired.resources) };
  const found: Observed = { ...observed, resources: yield* poolsOf(observed.resources) };
  return { toDelete: poolsToDelete(pools, found), toCreate: poolsToCreate(pools, found) };
}

function* poolsOf<T extends { readonly resource: { readonly kind: string } }>(
  resources: readonly T[],
): Generator<undefined, T[]> {
  const pools: T[] = [];
  for (const one of resources) {
    if (one.resource.kind === 'IPPool') pools.push(one);
    yield;
  }
  return pools;
}
