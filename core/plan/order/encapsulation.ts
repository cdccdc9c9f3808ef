/** The encapsulation of a pool's packets between nodes, and its changes. */
import type { CalicoResource, IPPool } from '../../calico/resource.ts';
import type { Change } from '../plan.ts';

type Written = Extract<Change, { readonly action: 'create' | 'update' }>;

export type Encapsulation = 'IPIP' | 'VXLAN' | 'none';

export interface EncapsulationSwitch {
  readonly pool: string;
  readonly from: Encapsulation;
  readonly to: Encapsulation;
}

/** undefined: the change leaves the modes as they are. CrossSubnet to Always is a switch as well. */
export function encapsulationSwitch(change: Change): EncapsulationSwitch | undefined {
  if (change.action !== 'update') return undefined;
  const { before, resource } = change;
  if (!isPool(before) || !isPool(resource)) return undefined;
  const isSame =
    modeOf(before, 'ipipMode') === modeOf(resource, 'ipipMode') &&
    modeOf(before, 'vxlanMode') === modeOf(resource, 'vxlanMode');
  if (isSame) return undefined;
  const { name } = resource.metadata;
  return { pool: name, from: encapsulationOf(before), to: encapsulationOf(resource) };
}

/**
 * Whether the change needs BGP sessions first: with VXLAN Felix makes the routes without BGP, and
 * without VXLAN BIRD makes them (felix/dataplane/linux/vxlan_mgr.go, confd's templates).
 */
export function needsBgpFirst(change: Written): boolean {
  const found = encapsulationSwitch(change);
  return found !== undefined && found.from === 'VXLAN' && found.to !== 'VXLAN';
}

function isPool(resource: CalicoResource): resource is IPPool {
  return resource.kind === 'IPPool';
}

/** The mode of a pool; if an observed one lacks it, Calico's default Never. */
function modeOf({ spec }: IPPool, mode: 'ipipMode' | 'vxlanMode'): string {
  const modes: Partial<IPPool['spec']> = spec;
  return modes[mode] ?? 'Never';
}

function encapsulationOf(pool: IPPool): Encapsulation {
  if (modeOf(pool, 'vxlanMode') !== 'Never') return 'VXLAN';
  return modeOf(pool, 'ipipMode') === 'Never' ? 'none' : 'IPIP';
}
