/** When a pool may change its modes: before kops updates the cluster, or after it. */
import { calicoInForce } from '../in-force/calico-in-force.ts';
import type { JudgedCluster } from '../document/facts.ts';
import type { LivingDifference } from './difference.ts';
import type { LivingCluster, LivingPool } from './living-cluster.ts';

export interface PlannedPool {
  readonly name: string;
  /** `VXLAN Always`. */
  readonly from: string;
  readonly to: string;
  readonly patch: { readonly spec: { readonly ipipMode: string; readonly vxlanMode: string } };
  readonly when: 'before-update' | 'after-update';
  readonly why: string;
  /** Packets between nodes of one subnet lose their tunnel. */
  readonly needsNoSourceCheck: boolean;
  /** The arguments of `kops edit --set` that make the document say the same as the pool. */
  readonly edits: readonly string[];
}

export function planPools(
  cluster: JudgedCluster,
  differences: readonly LivingDifference[],
  pools: LivingCluster['pools'],
): readonly PlannedPool[] {
  const named = new Set(
    differences.flatMap(({ code, object }) => (code === 'kops-live-pool-mode' ? [object] : [])),
  );
  const living = pools.isRead ? pools.value : [];
  return living
    .filter(({ name }) => named.has(`IPPool ${name}`))
    .map((pool) => plan(cluster, pool));
}

type Tunnel = 'VXLAN' | 'IPIP' | 'none';

interface Modes {
  readonly tunnel: Tunnel;
  readonly mode: string;
}

function plan(cluster: JudgedCluster, pool: LivingPool): PlannedPool {
  const { ipip, vxlan } = calicoInForce(cluster);
  const [from, to] = [modesOf(pool.ipipMode, pool.vxlanMode), modesOf(ipip, vxlan)];
  return {
    name: pool.name,
    from: textOf(from),
    to: textOf(to),
    patch: { spec: { ipipMode: ipip, vxlanMode: vxlan } },
    ...timeOf(from, to),
    needsNoSourceCheck: from.mode === 'Always' && to.mode !== 'Always',
    edits: editsOf(from),
  };
}

function modesOf(ipip: string, vxlan: string): Modes {
  if (vxlan !== 'Never') return { tunnel: 'VXLAN', mode: vxlan };
  return ipip === 'Never' ? { tunnel: 'none', mode: 'Never' } : { tunnel: 'IPIP', mode: ipip };
}

function textOf({ tunnel, mode }: Modes): string {
  return tunnel === 'none' ? 'no tunnel' : `${tunnel} ${mode}`;
}

/**
 * With the backend bird both tunnels work, with the backend vxlan only VXLAN (docs/networking/calico.md
 * of kops): so a pool is VXLAN before the backend goes, and is not VXLAN any more only when BIRD is back.
 */
function timeOf(from: Modes, to: Modes): Pick<PlannedPool, 'when' | 'why'> {
  if (from.tunnel !== to.tunnel && to.tunnel === 'VXLAN') {
    return {
      when: 'before-update',
      why: 'Felix makes the routes of VXLAN also while BIRD runs, but with the backend vxlan nobody makes those of another pool; each node changes by itself, so packets may be lost for seconds',
    };
  }
  if (from.tunnel === 'VXLAN' && to.tunnel !== 'VXLAN') {
    return {
      when: 'after-update',
      why: 'BIRD makes the routes then, so first every node must have its BGP sessions (calicoctl node status); each node changes by itself, so packets may be lost for seconds',
    };
  }
  return order.indexOf(to.mode) > order.indexOf(from.mode)
    ? {
        when: 'before-update',
        why: 'more packets take the tunnel, which works with every setting of the network',
      }
    : {
        when: 'after-update',
        why: 'fewer packets take the tunnel, so the network has to let the others through first',
      };
}

const order: readonly string[] = ['Never', 'CrossSubnet', 'Always'];

function editsOf({ tunnel, mode }: Modes): readonly string[] {
  const base = 'spec.networking.calico';
  if (tunnel === 'VXLAN') return [`${base}.encapsulationMode=vxlan`, `${base}.vxlanMode=${mode}`];
  return [
    `${base}.encapsulationMode=ipip`,
    `${base}.ipipMode=${tunnel === 'none' ? 'Never' : mode}`,
  ];
}
