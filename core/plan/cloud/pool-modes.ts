/** How the pools of a cluster send traffic between nodes: whether any of it needs the check off. */
import type { CalicoResource } from '../../calico/resource.ts';
import type { Observed } from '../../observe/observed.ts';
import type { Desired } from '../../render/desired.ts';

export interface PoolModes {
  readonly cidr: string;
  readonly ipip: string;
  readonly vxlan: string;
}

/** The pools after the plan: those that the configuration names, and those that stay beside them. */
export function poolsAfter(
  { resources, unknownPools }: Desired,
  observed: Pick<Observed, 'resources'>,
): readonly PoolModes[] {
  const wanted = resources.flatMap(({ resource }) =>
    resource.kind === 'IPPool' ? [resource] : [],
  );
  const cidrs = new Set(wanted.map(({ spec }) => spec.cidr));
  const isKept = unknownPools === 'keep' || unknownPools === 'not-managed';
  const others = isKept
    ? observed.resources.flatMap(({ resource }) =>
        resource.kind === 'IPPool' && !cidrs.has(resource.spec.cidr) ? [resource] : [],
      )
    : [];
  return modesOf([...wanted, ...others]);
}

export function modesOf(resources: readonly CalicoResource[]): readonly PoolModes[] {
  return resources.flatMap((resource) => {
    if (resource.kind !== 'IPPool') return [];
    const { cidr, ipipMode, vxlanMode } = resource.spec;
    return [{ cidr, ipip: ipipMode, vxlan: vxlanMode }];
  });
}

export function isOverlaid({ ipip, vxlan }: PoolModes): boolean {
  return ipip === 'Always' || vxlan === 'Always';
}
