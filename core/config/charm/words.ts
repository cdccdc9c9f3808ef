/** The parts of a string that holds several values, each with its place inside it. */
import { placeInside } from '../located-yaml.ts';
import type { Located } from '../located.ts';
import type { Sourced } from '../model.ts';
import { scalarOf } from '../reading.ts';

export function wordsOf(
  node: Located | undefined,
  option: string,
  separatedBy: 'commas' | 'spaces',
): Sourced<string>[] {
  const scalar = scalarOf(node);
  if (scalar === undefined || typeof scalar.value !== 'string') return [];
  const pattern = separatedBy === 'commas' ? /[^\s,]+(?:[^\S\n]+[^\s,]+)*/g : /\S+/g;
  return scalar.value.split('\n').flatMap((line, index) =>
    [...line.matchAll(pattern)].map((match) => ({
      value: match[0],
      place: placeInside(scalar, option, '', index + 1, match.index + 1),
    })),
  );
}
