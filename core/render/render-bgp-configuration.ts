import { bgpConfigurationFields, type BgpSetting } from '../calico/bgp-configuration.ts';
import { fieldsOf, renderSpec } from '../calico/field.ts';
import { apiVersion } from '../calico/resource.ts';
import type { Bgp } from '../config/model.ts';
import type { DesiredResource } from './desired.ts';

/** The BGPConfiguration `default` with the managed fields; empty: the document manages none. */
export function renderBgpConfiguration(bgp: Bgp): readonly DesiredResource[] {
  const spec = renderSpec(bgpConfigurationFields, bgp);
  if (Object.keys(spec).length === 0) return [];
  const metadata = { name: 'default' };
  return [
    {
      scope: { kind: 'cluster' },
      resource: { apiVersion, kind: 'BGPConfiguration', metadata, spec },
      reasons: Object.fromEntries(
        fieldsOf(bgpConfigurationFields).flatMap(([field, { setting }]) =>
          reasonOf(field, setting, bgp),
        ),
      ),
    },
  ];
}

function reasonOf(
  field: string,
  setting: BgpSetting | undefined,
  bgp: Bgp,
): readonly (readonly [string, DesiredResource['reasons'][string]])[] {
  const place = setting === undefined ? undefined : bgp[setting]?.place;
  return place === undefined ? [] : [[`spec.${field}`, [{ rule: 'global', place }]]];
}
