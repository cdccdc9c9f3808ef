import { overlaps, parseNetwork } from '../config/address.ts';
import { issueAt } from '../config/findings.ts';
import type { Issue } from '../issue.ts';
import type { CalicoResource, DesiredResource, IPPool } from '../render/desired.ts';
import { printable } from '../printable.ts';
import { canonicalCidr } from './canonical-cidr.ts';
import { defaultsOf } from './calico-defaults.ts';
import type { ObservedResource } from './plan.ts';

/** A pool's cidr and blockSize cannot change: libcalico-go/lib/clientv3/ippool.go. */
export function immutableFields(
  wanted: DesiredResource,
  existing: CalicoResource,
): readonly Issue[] {
  if (wanted.resource.kind !== 'IPPool' || existing.kind !== 'IPPool') return [];
  const { spec } = wanted.resource;
  const blockSize = sizeOf(existing);
  const { cidr } = existing.spec;
  const faults: (readonly [field: string, before: string | number, after: string | number])[] = [];
  if (canonicalCidr(cidr) !== canonicalCidr(spec.cidr)) faults.push(['cidr', cidr, spec.cidr]);
  if (spec.blockSize !== undefined && spec.blockSize !== blockSize) {
    faults.push(['blockSize', blockSize, spec.blockSize]);
  }
  return faults.map(([field, before, after]) => {
    const name = printable(existing.metadata.name);
    const message = `cannot change pool "${name}": its ${field} is ${printable(String(before))} and cannot become ${after}`;
    const place = wanted.reasons[`spec.${field}`]?.[0]?.place ?? { pointer: '' };
    return issueAt(place, 'error', 'pool-immutable', message, hint);
  });
}

const hint =
  'add a pool under another name, disable this one, move its pods, and only then leave it out';

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
  const network = parseNetwork(spec.cidr);
  const other = existing.find(({ resource }) => {
    const found = resource.kind === 'IPPool' ? parseNetwork(resource.spec.cidr) : undefined;
    return network.ok && found?.ok === true && overlaps(network.value.network, found.value.network);
  });
  if (other === undefined) return [];
  const otherName = printable(other.resource.metadata.name);
  const message = `cannot make pool "${printable(metadata.name)}": ${spec.cidr} overlaps the pool "${otherName}" that is there`;
  const place = wanted.reasons['spec.cidr']?.[0]?.place ?? { pointer: '' };
  const way = canAdopt(wanted, other)
    ? `\`calico-agent adopt\` takes it over under its name; or name the pool "${otherName}" in the configuration`
    : `name the pool "${otherName}" in the configuration, or delete that one first`;
  return [issueAt(place, 'error', 'pool-overlap', message, way)];
}

function canAdopt(wanted: DesiredResource, { resource, owner }: ObservedResource): boolean {
  return owner === undefined && immutableFields(wanted, resource).length === 0;
}
