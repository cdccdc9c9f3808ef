import type { Pool, PoolField } from '../config/model.ts';
import type { DesiredResource, IPPool } from './desired.ts';

export function renderPools(pools: readonly Pool[]): readonly DesiredResource[] {
  return pools.map((pool) => {
    const spec = specOf(pool);
    const reason = (field: PoolField): DesiredResource['reasons'][string] => [
      { rule: `pool ${pool.name}`, place: pool.places[field] ?? pool.place },
    ];
    return {
      scope: { kind: 'cluster' },
      resource: {
        apiVersion: 'projectcalico.org/v3',
        kind: 'IPPool',
        metadata: { name: pool.name },
        spec,
      },
      reasons: Object.fromEntries(
        Object.keys(spec).map((field) => [`spec.${field}`, reason(fieldNames[field] ?? 'name')]),
      ),
    };
  });
}

/** IPIP is for IPv4 only: libcalico-go/lib/clientv3/ippool.go. */
function specOf(pool: Pool): IPPool['spec'] {
  const { network, ipip, vxlan, natOutgoing, blockSize, nodeSelector, disabled } = pool;
  const { assignmentMode } = pool;
  return {
    cidr: network.cidr,
    ipipMode: network.family === 4 ? ipip : 'Never',
    vxlanMode: vxlan,
    natOutgoing,
    ...(blockSize === undefined ? {} : { blockSize }),
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(disabled === undefined ? {} : { disabled }),
    ...(assignmentMode === undefined ? {} : { assignmentMode }),
  };
}

const fieldNames: Readonly<Record<string, PoolField>> = {
  cidr: 'cidr',
  ipipMode: 'ipip',
  vxlanMode: 'vxlan',
  natOutgoing: 'natOutgoing',
  blockSize: 'blockSize',
  nodeSelector: 'nodeSelector',
  disabled: 'disabled',
  assignmentMode: 'assignmentMode',
} satisfies Record<keyof IPPool['spec'], PoolField>;
