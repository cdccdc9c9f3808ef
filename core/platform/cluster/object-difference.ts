/** The difference between two contents of an object, by fields and as a merge patch (RFC 7396). */
import { isMap, type PlainMap } from '../../input/plain-data.ts';
import type { FieldPath } from './cluster-edit.ts';

export interface FieldDifference {
  readonly path: FieldPath;
  /** Undefined: absent. */
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * Lists whose items all have a name of their own are compared item by item, as Kubernetes merges them, unless
 * items that stay, or new ones, stand in another order.
 */
export function objectDifference(before: unknown, after: unknown): readonly FieldDifference[] {
  return differences([], before, after);
}

function differences(path: FieldPath, before: unknown, after: unknown): FieldDifference[] {
  if (isSameValue(before, after)) return [];
  if (isMap(before) && isMap(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences([...path, key], before[key], after[key]));
  }
  const [one, other] = [namedItems(before), namedItems(after)];
  if (one === undefined || other === undefined) return [{ path, before, after }];
  const names = [...new Set([...one.keys(), ...other.keys()])];
  const left = names.filter((name) => other.has(name));
  const isInOrder = [...other.keys()].every((name, index) => left[index] === name);
  if (!isInOrder) return [{ path, before, after }];
  return names.flatMap((named) =>
    differences([...path, { named }], one.get(named), other.get(named)),
  );
}

function namedItems(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (!Array.isArray(value)) return undefined;
  const named = new Map<string, unknown>();
  for (const item of value as readonly unknown[]) {
    const name = isMap(item) ? item['name'] : undefined;
    if (typeof name !== 'string') return undefined;
    named.set(name, item);
  }
  return named.size === value.length ? named : undefined;
}

/** The order of keys means nothing. */
export function isSameValue(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return (
      one.length === other.length && one.every((item, index) => isSameValue(item, other[index]))
    );
  }
  if (!isMap(one) || !isMap(other)) return Object.is(one, other);
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isSameValue(one[key], other[key]))
  );
}

/** The body that turns `before` into `after`; null removes a key, and lists are replaced whole. */
export function mergePatch(before: PlainMap, after: PlainMap): PlainMap {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const known = before[key];
    if (isSameValue(known, value)) continue;
    patch[key] = isMap(known) && isMap(value) ? mergePatch(known, value) : value;
  }
  return patch;
}
