/** Reads the pools of the native dialect. */
import type { Findings } from '../../findings.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import type { Located, LocatedList } from '../yaml/located.ts';
import type { Mode, Pool, PoolField } from '../model.ts';
import { booleanOf, fieldsOf, integerOf, oneOf, textOf } from '../yaml/read-values.ts';
import { readPoolNetwork } from '../values/pool-network.ts';
import { readSelector } from '../values/selector-text.ts';
import type { Place } from '../../issue.ts';

const modes: readonly Mode[] = ['Always', 'CrossSubnet', 'Never'];
const fieldNames: readonly PoolField[] = [
  'name',
  'cidr',
  'ipip',
  'vxlan',
  'natOutgoing',
  'blockSize',
  'nodeSelector',
  'disabled',
  'assignmentMode',
];

export function readPools(list: LocatedList, findings: Findings): Pool[] {
  return list.items.flatMap((item) => {
    const pool = readPool(item, findings);
    return pool === undefined ? [] : [pool];
  });
}

/** Calico's own defaults where a field is absent [api/pkg/apis/projectcalico/v3/ippool.go]. */
function readPool(item: Located, findings: Findings): Pool | undefined {
  const fields = fieldsOf(item);
  const name = textOf(fields.get('name'));
  const cidr = textOf(fields.get('cidr'));
  const network = cidr && readPoolNetwork(cidr, findings);
  const selector = readSelector(fields.get('nodeSelector'), 'nodeSelector', findings);
  if (name === undefined || network === undefined) return undefined;
  return withoutUndefined({
    name: name.value,
    network,
    ipip: oneOf(fields.get('ipip'), modes)?.value ?? 'Never',
    vxlan: oneOf(fields.get('vxlan'), modes)?.value ?? 'Never',
    natOutgoing: booleanOf(fields.get('natOutgoing'))?.value ?? false,
    blockSize: integerOf(fields.get('blockSize'))?.value,
    nodeSelector: selector?.value.text,
    disabled: booleanOf(fields.get('disabled'))?.value,
    assignmentMode: oneOf(fields.get('assignmentMode'), ['Automatic', 'Manual'] as const)?.value,
    place: item.place,
    places: placesOf(fields),
  });
}

function placesOf(fields: ReadonlyMap<string, Located>): Partial<Record<PoolField, Place>> {
  const places: Partial<Record<PoolField, Place>> = {};
  for (const name of fieldNames) {
    const field = fields.get(name);
    if (field !== undefined) places[name] = field.place;
  }
  return places;
}
