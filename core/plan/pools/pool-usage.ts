/** Judges pools that the configuration does not name, because pods may have their addresses. */
import type { IPPool } from '../../calico/resource.ts';
import type { Issue } from '../../issue.ts';
import { printable } from '../../printable.ts';
import type { Desired } from '../../render/desired.ts';
import { canonicalCidr } from '../../config/net/canonical-cidr.ts';
import type { Observed } from '../../observe/observed.ts';

export interface PoolVerdict {
  readonly goes: boolean;
  readonly issue: Issue;
}

/**
 * A pool with addresses in use, or of unknown use, stays, unless the configuration overrules that.
 */
export function judgePool(
  pool: IPPool,
  why: string,
  { unknownPools }: Desired,
  { poolUsage }: Observed,
): PoolVerdict {
  const inUse = addressesInUse(pool, poolUsage);
  if (inUse === undefined || unknownPools === 'delete-in-use') {
    return { goes: true, issue: deletedWarning(pool, why, inUse) };
  }
  return { goes: false, issue: inUseWarning(pool, inUse) };
}

/** A clause about the addresses in use; undefined: there are none, or the usage was not read. */
function addressesInUse({ spec }: IPPool, usage: Observed['poolUsage']): string | undefined {
  if (usage === undefined) return undefined;
  const cidr = canonicalCidr(spec.cidr);
  const found = usage.find((one) => canonicalCidr(one.cidr) === cidr);
  if (found === undefined) return 'nobody can tell which of its addresses are in use';
  if (found.addresses === 0) return undefined;
  return found.addresses === 1
    ? '1 of its addresses is in use'
    : `${found.addresses} of its addresses are in use`;
}

export function keptNote(name: string): Issue {
  const message = `pool "${printable(name)}" stays as it is: it is ours, and the configuration names it no more`;
  const hint = '`unknownPools: delete` (of the charm: `manage-pools: true`) deletes such pools';
  return { severity: 'note', code: 'pool-kept', pointer: '', message, hint };
}

function inUseWarning({ metadata }: IPPool, inUse: string): Issue {
  const message = `pool "${printable(metadata.name)}" is to go, and stays as it is: ${inUse}`;
  const hint =
    'disable the pool and move its pods to another one, and it goes; or name it in the configuration; ' +
    '`unknownPools: delete-in-use` deletes it all the same, and what has its addresses loses its routes';
  return { severity: 'warning', code: 'pool-in-use', pointer: '', message, hint };
}

function deletedWarning({ metadata }: IPPool, why: string, inUse: string | undefined): Issue {
  const name = printable(metadata.name);
  const loss =
    inUse === undefined
      ? 'pods that have its addresses lose their routes'
      : `${inUse}, and what has them loses its routes`;
  const message = `pool "${name}" is deleted: ${why}; ${loss}`;
  const hint =
    'disable the pool and move its pods to another one first, or name it in the configuration';
  return { severity: 'warning', code: 'pool-deleted', pointer: '', message, hint };
}
