/** Fields of Calico's objects that a NetworkConfig does not have. */
import { otherFields, ourFields } from '../../calico/kinds.ts';
import type { ResourceKind } from '../../calico/resource.ts';
import { isMap, valueAt } from '../../input/plain-data.ts';
import { fieldText } from './left-out.ts';

/**
 * The fields as sorted texts: `filters ["no-default"]`. Leaves out Calico's own defaults, which
 * calicoctl and servers fill in.
 */
export function leftOutFields(kind: ResourceKind, document: unknown): readonly string[] {
  const spec = valueAt(document, 'spec');
  if (!isMap(spec)) return [];
  const known = new Set(ourFields[kind]);
  return Object.entries(spec)
    .filter(([field, value]) => !known.has(field) && hasContent(value))
    .filter(([field, value]) => !isDefault(kind, field, value))
    .map(([field, value]) => fieldText(field, value))
    .sort();
}

function isDefault(kind: ResourceKind, field: string, value: unknown): boolean {
  const other = new Map(Object.entries(otherFields[kind])).get(field);
  return other !== undefined && JSON.stringify(other.default) === JSON.stringify(value);
}

function hasContent(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
