/**
 * Reads typed values out of the located tree. Leaves out a value of another type without an issue,
 * because the schema has already reported it, and all other values are still to be checked.
 */
import type { Located, LocatedEntry, LocatedScalar } from './located.ts';
import type { Sourced } from '../model.ts';

export function entriesOf(node: Located | undefined): readonly LocatedEntry[] {
  return node?.kind === 'map' ? node.entries : [];
}

export function itemsOf(node: Located | undefined): readonly Located[] {
  return node?.kind === 'list' ? node.items : [];
}

/** The fields of a mapping by name; empty for any other value. */
export function fieldsOf(node: Located | undefined): ReadonlyMap<string, Located> {
  return new Map(entriesOf(node).map(({ key, value }) => [key, value]));
}

export function scalarOf(node: Located | undefined): LocatedScalar | undefined {
  return node?.kind === 'scalar' && node.value !== null ? node : undefined;
}

export function textOf(node: Located | undefined): Sourced<string> | undefined {
  const scalar = scalarOf(node);
  return typeof scalar?.value === 'string'
    ? { value: scalar.value, place: scalar.place }
    : undefined;
}

export function booleanOf(node: Located | undefined): Sourced<boolean> | undefined {
  const scalar = scalarOf(node);
  return typeof scalar?.value === 'boolean'
    ? { value: scalar.value, place: scalar.place }
    : undefined;
}

export function integerOf(node: Located | undefined): Sourced<number> | undefined {
  const scalar = scalarOf(node);
  return typeof scalar?.value === 'number' && Number.isInteger(scalar.value)
    ? { value: scalar.value, place: scalar.place }
    : undefined;
}

export function oneOf<T extends string>(
  node: Located | undefined,
  allowed: readonly T[],
): Sourced<T> | undefined {
  const text = textOf(node);
  const value = allowed.find((candidate) => candidate === text?.value);
  return text === undefined || value === undefined ? undefined : { value, place: text.place };
}
