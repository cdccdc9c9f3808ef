import type { AnyChange, Step } from '../../../core/plan/plan.ts';
import type { PoolUsage } from '../../../core/observe/observed.ts';
import { printable } from '../../../core/printable.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { CalicoDatastore } from '../../ports/datastore/calico-datastore.ts';

/**
 * The agent deletes pools last, maybe long after it made the plan: a pool that was empty then must
 * still be empty. A pool that had addresses in use already is deleted as planned.
 * @throws AppError datastore-conflict
 */
export async function recheckPools(
  datastore: CalicoDatastore,
  { changes }: Step<AnyChange>,
  known: readonly PoolUsage[],
): Promise<void> {
  const empty = new Set(known.filter(({ addresses }) => addresses === 0).map(({ cidr }) => cidr));
  const pools = changes.flatMap((change) =>
    change.action === 'delete' && change.before.kind === 'IPPool' ? [change.before] : [],
  );
  const doomed = pools.filter(({ spec }) => empty.has(spec.cidr));
  if (doomed.length === 0) return;
  const usage = await datastore.poolUsage(doomed.map(({ spec }) => spec.cidr));
  const used = new Set(
    (usage ?? []).filter(({ addresses }) => addresses > 0).map(({ cidr }) => cidr),
  );
  const pool = doomed.find(({ spec }) => used.has(spec.cidr));
  if (pool === undefined) return;
  const name = printable(pool.metadata.name);
  const message = `cannot delete pool "${name}": somebody got an address of it meanwhile`;
  throw new AppError('datastore-conflict', message, { retryable: true });
}
