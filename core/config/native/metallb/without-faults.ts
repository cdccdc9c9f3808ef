/** A section without the parts that its schema refuses, so that all other parts can still be checked. */
import type { ErrorObject } from 'ajv';
import type { Located, LocatedMap } from '../../yaml/located.ts';

/** Leaves out the items of a list that have faults, and keeps the others; any other value with a fault is left out. */
export function withoutFaults(section: LocatedMap, errors: readonly ErrorObject[]): LocatedMap {
  const faults = new Map<string, Set<string>>();
  for (const { instancePath, keyword, params } of errors) {
    const [, key, index = ''] = instancePath.split('/');
    const unknown: unknown = params['additionalProperty'];
    if (key !== undefined) note(faults, key, index);
    else if (keyword === 'additionalProperties') note(faults, String(unknown), '');
  }
  const entries = section.entries.flatMap((entry) => {
    const found = faults.get(entry.key);
    if (found === undefined) return [entry];
    if (found.has('')) return [];
    return [{ ...entry, value: withoutItems(entry.value, found) }];
  });
  return { ...section, entries };
}

function note(faults: Map<string, Set<string>>, key: string, index: string): void {
  const known = faults.get(key) ?? new Set();
  faults.set(key, known.add(index));
}

function withoutItems(value: Located, indexes: ReadonlySet<string>): Located {
  if (value.kind !== 'list') return value;
  return { ...value, items: value.items.filter((_item, index) => !indexes.has(String(index))) };
}
