/** Splits a string with several values into parts, each with its place in the string. */
import { placesInside } from '../yaml/located-yaml.ts';
import type { Located } from '../yaml/located.ts';
import type { Sourced } from '../model.ts';
import { scalarOf } from '../yaml/read-values.ts';

export function wordsOf(
  node: Located | undefined,
  option: string,
  separatedBy: 'commas' | 'spaces',
): Sourced<string>[] {
  const scalar = scalarOf(node);
  if (scalar === undefined || typeof scalar.value !== 'string') return [];
  const pattern = separatedBy === 'commas' ? /[^\s,]+(?:[^\S\n]+[^\s,]+)*/g : /\S+/g;
  const placeOf = placesInside(scalar, option);
  return [...scalar.value.matchAll(pattern)].map((match) => ({
    value: match[0],
    place: placeOf(match.index),
  }));
}
