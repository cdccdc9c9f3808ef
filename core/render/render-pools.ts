import { fieldsOf, renderSpec } from '../calico/field.ts';
import { ipPoolFields } from '../calico/ip-pool.ts';
import { apiVersion } from '../calico/resource.ts';
import type { Pool, PoolField } from '../config/model.ts';
import type { DesiredResource } from './desired.ts';

export function renderPools(pools: readonly Pool[]): readonly DesiredResource[] {
  return pools.map((pool) => {
    const spec = renderSpec(ipPoolFields, pool);
    const metadata = { name: pool.name };
    return {
      scope: { kind: 'cluster' },
      resource: { apiVersion, kind: 'IPPool', metadata, spec },
      reasons: Object.fromEntries(
        fieldsOf(ipPoolFields)
          .filter(([field]) => field in spec)
          .map(([field, { setting = 'name' }]) => [`spec.${field}`, reasonsOf(pool, setting)]),
      ),
    };
  });
}

function reasonsOf(pool: Pool, setting: PoolField): DesiredResource['reasons'][string] {
  return [{ rule: `pool ${pool.name}`, place: pool.places[setting] ?? pool.place }];
}
