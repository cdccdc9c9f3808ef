import { fieldsOf } from '../../calico/field.ts';
import { defaultBlockSize, ipPoolFields } from '../../calico/ip-pool.ts';
import type { PlainMap } from '../../input/plain-data.ts';
import { isSameValue } from '../diff/diff-resource.ts';
import type { CalicoResource, IPPool } from '../../calico/resource.ts';
import { overlaps, parseNetwork } from '../../config/net/address.ts';
import { issueAt } from '../../findings.ts';
import type { Issue } from '../../issue.ts';
import type { DesiredResource } from '../../render/desired.ts';
import { printable } from '../../printable.ts';
import { canonicalCidr } from '../../config/net/canonical-cidr.ts';
import { defaultsOf } from '../../calico/kinds.ts';
import type { ObservedResource } from '../../observe/observed.ts';

/**
 * Errors for changes of a pool that Calico refuses. Fields that the configuration does not give
 * stay.
 */
export function immutableFields(
  desired: DesiredResource,
  existing: CalicoResource,
): readonly Issue[] {
  if (desired.resource.kind !== 'IPPool' || existing.kind !== 'IPPool') return [];
  const after: PlainMap = { ...desired.resource.spec };
  const before: PlainMap = { ...defaultsOf(existing), ...existing.spec };
  const name = printable(existing.metadata.name);
  return immutableNames
    .filter((field) => after[field] !== undefined && !isSameValue(after[field], before[field]))
    .map((field) => {
      const value = printable(String(before[field]));
      const message = `cannot change pool "${name}": its ${field} is ${value} and cannot become ${String(after[field])}`;
      const place = desired.reasons[`spec.${field}`]?.[0]?.place ?? { pointer: '' };
      const hint =
        field === 'cidr' ? otherCidrHint(desired, existing, name) : keepHint(field, value);
      return issueAt(place, 'error', 'pool-immutable', message, hint);
    });
}

const immutableNames = fieldsOf(ipPoolFields).flatMap(([field, { isImmutable }]) =>
  isImmutable === true ? [field] : [],
);

function keepHint(field: string, value: string): string {
  const keep = `write ${field}: ${value}, or leave it out`;
  return field === 'blockSize'
    ? `${keep}; pods get blocks of another size from a pool with another name and network`
    : keep;
}

/**
 * A hint for another network: two pools may exist if they do not overlap, and only the native
 * dialect can have both.
 */
function otherCidrHint(desired: DesiredResource, { spec }: IPPool, name: string): string {
  const cidr = printable(spec.cidr);
  if (!isNative(desired)) {
    return `set cidr to ${cidr}, which the pool has, or manage-pools to false, and it stays as it is; the native dialect can have a second pool beside it`;
  }
  const keep = `write cidr: ${cidr}, which the pool "${name}" has`;
  return isOverlap(desired, spec.cidr)
    ? `${keep}; another network is a pool of another name that does not overlap it`
    : `${keep}, and the new network as a pool of another name; with disabled: true the old one gives out no more addresses`;
}

/** Whether the pool is from the native dialect; the charm's pools are always ipv4 and ipv6. */
function isNative({ reasons }: DesiredResource): boolean {
  return reasons['spec.cidr']?.[0]?.place.pointer.startsWith('/pools/') === true;
}

function isOverlap({ resource }: DesiredResource, cidr: string): boolean {
  if (resource.kind !== 'IPPool') return false;
  const [one, other] = [parseNetwork(resource.spec.cidr), parseNetwork(cidr)];
  return one.ok && other.ok && overlaps(one.value.network, other.value.network);
}

function sizeOf(pool: IPPool): number {
  return pool.spec.blockSize ?? defaultBlockSize(pool.spec);
}

/**
 * Errors for overlapping pools, which Calico refuses, also while the other one is being deleted:
 * ippool.go.
 */
export function overlappingPools(
  desired: DesiredResource,
  existing: readonly ObservedResource[],
): readonly Issue[] {
  if (desired.resource.kind !== 'IPPool') return [];
  const { metadata, spec } = desired.resource;
  const other = existing
    .flatMap(({ resource }) => (resource.kind === 'IPPool' ? [resource] : []))
    .find((pool) => isOverlap(desired, pool.spec.cidr));
  if (other === undefined) return [];
  const otherName = printable(other.metadata.name);
  const message = `cannot make pool "${printable(metadata.name)}": ${spec.cidr} overlaps the pool "${otherName}" (${printable(other.spec.cidr)}) that is there`;
  const place = desired.reasons['spec.cidr']?.[0]?.place ?? { pointer: '' };
  return [issueAt(place, 'error', 'pool-overlap', message, overlapHint(desired, other, otherName))];
}

/**
 * A hint to name the existing pool as it is, so that it becomes ours without a change that Calico
 * refuses.
 */
function overlapHint(desired: DesiredResource, other: IPPool, name: string): string {
  if (!isNative(desired)) {
    return `set manage-pools to false, and the pool "${name}" stays as it is; the native dialect can name it, which the options of the charm cannot`;
  }
  const isSameCidr =
    desired.resource.kind === 'IPPool' &&
    canonicalCidr(desired.resource.spec.cidr) === canonicalCidr(other.spec.cidr);
  const asItIs = [
    `name: ${name}`,
    ...(isSameCidr ? [] : [`cidr: ${printable(other.spec.cidr)}`]),
    ...(hasOtherSize(desired, other) ? [`blockSize: ${sizeOf(other)}`] : []),
  ].join(', ');
  const instead = isSameCidr ? '' : '; or take a network that overlaps no pool';
  return `write the pool as it is, ${asItIs}: then it is taken over${instead}`;
}

function hasOtherSize({ resource }: DesiredResource, other: IPPool): boolean {
  const size = resource.kind === 'IPPool' ? resource.spec.blockSize : undefined;
  return size !== undefined && size !== sizeOf(other);
}
