import { overlaps, parseNetwork } from '../../config/net/address.ts';
import { issueAt } from '../../config/schema/findings.ts';
import type { Issue } from '../../issue.ts';
import type { CalicoResource, DesiredResource, IPPool } from '../../render/desired.ts';
import { printable } from '../../printable.ts';
import { canonicalCidr } from '../diff/canonical-cidr.ts';
import { defaultsOf } from '../diff/calico-defaults.ts';
import type { ObservedResource } from '../plan.ts';

/** A pool's cidr and blockSize cannot change: libcalico-go/lib/clientv3/ippool.go. */
export function immutableFields(
  wanted: DesiredResource,
  existing: CalicoResource,
): readonly Issue[] {
  if (wanted.resource.kind !== 'IPPool' || existing.kind !== 'IPPool') return [];
  const { spec } = wanted.resource;
  const blockSize = sizeOf(existing);
  const { cidr } = existing.spec;
  const name = printable(existing.metadata.name);
  const faults: ImmutableFault[] = [];
  if (canonicalCidr(cidr) !== canonicalCidr(spec.cidr)) {
    const hint = otherCidrHint(wanted, existing, name);
    faults.push({ field: 'cidr', before: cidr, after: spec.cidr, hint });
  }
  if (spec.blockSize !== undefined && spec.blockSize !== blockSize) {
    const hint = `write blockSize: ${blockSize}, or leave it out; pods get blocks of another size from a pool with another name and network`;
    faults.push({ field: 'blockSize', before: blockSize, after: spec.blockSize, hint });
  }
  return faults.map(({ field, before, after, hint }) => {
    const message = `cannot change pool "${name}": its ${field} is ${printable(String(before))} and cannot become ${after}`;
    const place = wanted.reasons[`spec.${field}`]?.[0]?.place ?? { pointer: '' };
    return issueAt(place, 'error', 'pool-immutable', message, hint);
  });
}

interface ImmutableFault {
  readonly field: string;
  readonly before: string | number;
  readonly after: string | number;
  readonly hint: string;
}

/** Two pools may stand side by side where they do not overlap, and only the native dialect has both. */
function otherCidrHint(wanted: DesiredResource, { spec }: IPPool, name: string): string {
  const cidr = printable(spec.cidr);
  if (!isNative(wanted)) {
    return `set cidr to ${cidr}, which the pool has, or manage-pools to false, and it stays as it is; the native dialect can have a second pool beside it`;
  }
  const keep = `write cidr: ${cidr}, which the pool "${name}" has`;
  return isOverlap(wanted, spec.cidr)
    ? `${keep}; another network is a pool of another name that does not overlap it`
    : `${keep}, and the new network as a pool of another name; with disabled: true the old one gives out no more addresses`;
}

/** The charm's options name no pools: its own are always ipv4 and ipv6. */
function isNative({ reasons }: DesiredResource): boolean {
  return reasons['spec.cidr']?.[0]?.place.pointer.startsWith('/pools/') === true;
}

function isOverlap({ resource }: DesiredResource, cidr: string): boolean {
  if (resource.kind !== 'IPPool') return false;
  const [one, other] = [parseNetwork(resource.spec.cidr), parseNetwork(cidr)];
  return one.ok && other.ok && overlaps(one.value.network, other.value.network);
}

function sizeOf(pool: IPPool): number {
  return pool.spec.blockSize ?? Number(defaultsOf(pool)['blockSize']);
}

/** Calico refuses pools that overlap, also while the other one is on its way out: ippool.go. */
export function overlappingPools(
  wanted: DesiredResource,
  existing: readonly ObservedResource[],
): readonly Issue[] {
  if (wanted.resource.kind !== 'IPPool') return [];
  const { metadata, spec } = wanted.resource;
  const other = existing
    .flatMap(({ resource }) => (resource.kind === 'IPPool' ? [resource] : []))
    .find((pool) => isOverlap(wanted, pool.spec.cidr));
  if (other === undefined) return [];
  const otherName = printable(other.metadata.name);
  const message = `cannot make pool "${printable(metadata.name)}": ${spec.cidr} overlaps the pool "${otherName}" (${printable(other.spec.cidr)}) that is there`;
  const place = wanted.reasons['spec.cidr']?.[0]?.place ?? { pointer: '' };
  return [issueAt(place, 'error', 'pool-overlap', message, overlapHint(wanted, other, otherName))];
}

/** A pool that is named as it is becomes ours, and nothing of it changes that cannot change. */
function overlapHint(wanted: DesiredResource, other: IPPool, name: string): string {
  if (!isNative(wanted)) {
    return `set manage-pools to false, and the pool "${name}" stays as it is; the native dialect can name it, which the options of the charm cannot`;
  }
  const isSameCidr =
    wanted.resource.kind === 'IPPool' &&
    canonicalCidr(wanted.resource.spec.cidr) === canonicalCidr(other.spec.cidr);
  const asItIs = [
    `name: ${name}`,
    ...(isSameCidr ? [] : [`cidr: ${printable(other.spec.cidr)}`]),
    ...(hasOtherSize(wanted, other) ? [`blockSize: ${sizeOf(other)}`] : []),
  ].join(', ');
  const instead = isSameCidr ? '' : '; or take a network that overlaps no pool';
  return `write the pool as it is, ${asItIs}: then it is taken over${instead}`;
}

function hasOtherSize({ resource }: DesiredResource, other: IPPool): boolean {
  const size = resource.kind === 'IPPool' ? resource.spec.blockSize : undefined;
  return size !== undefined && size !== sizeOf(other);
}
