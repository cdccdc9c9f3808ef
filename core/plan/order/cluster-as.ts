/** The AS number of the nodes that have none of their own. */
import { usualAsNumber } from '../../calico/bgp-configuration.ts';
import type { CalicoResource } from '../../calico/resource.ts';
import type { Desired } from '../../render/desired.ts';
import type { Observed } from '../../observe/observed.ts';

/** undefined: the BGPConfiguration cannot be read. */
export interface ClusterAs {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** A configuration that does not give it leaves it as it is. */
export function clusterAsOf(
  desired: Pick<Desired, 'resources'>,
  { resources, taken = [] }: Pick<Observed, 'resources' | 'taken'>,
): ClusterAs {
  const isUnread = taken.some(isDefault);
  const before = isUnread ? undefined : (asNumberIn(resources) ?? usualAsNumber);
  return { before, after: asNumberIn(desired.resources) ?? before };
}

function asNumberIn(all: readonly { readonly resource: CalicoResource }[]): number | undefined {
  for (const { resource } of all) {
    const isIt = isDefault({ kind: resource.kind, name: resource.metadata.name });
    if (isIt && resource.kind === 'BGPConfiguration') return resource.spec.asNumber;
  }
  return undefined;
}

/** Calico takes what holds for all nodes from this name alone. */
function isDefault({ kind, name }: { readonly kind: string; readonly name: string }): boolean {
  return kind === 'BGPConfiguration' && name === 'default';
}
