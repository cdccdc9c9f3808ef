/** The AS number of the nodes that have none of their own. */
import { usualAsNumber } from '../calico/bgp-configuration.ts';
import type { CalicoResource } from '../calico/resource.ts';
import type { Desired } from '../render/desired.ts';
import type { Observed } from '../observe/observed.ts';

/** undefined: the BGPConfiguration cannot be read. */
export interface ClusterAs {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** If the configuration does not set it, it stays as it is. */
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

/** Whether it is the BGPConfiguration `default`, the only one that applies to all nodes. */
function isDefault({ kind, name }: { readonly kind: string; readonly name: string }): boolean {
  return kind === 'BGPConfiguration' && name === 'default';
}
