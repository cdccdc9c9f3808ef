/** Compares two texts as `diff -u` does. */
import { createTwoFilesPatch } from 'diff';

export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** A limit, because texts of a megabyte without common lines would take minutes. */
const maxEdits = 1500;

/** The differences; empty: the texts are the same. */
export function unifiedDiff(before: NamedText, after: NamedText): string {
  if (before.text === after.text) return '';
  const { name: from, text: old } = before;
  const { name: to, text } = after;
  const patch = createTwoFilesPatch(from, to, old, text, undefined, undefined, {
    context: 3,
    maxEditLength: maxEdits,
  });
  if (patch === undefined)
    return 'the texts have too little in common to be compared line by line\n';
  return patch.slice(patch.indexOf('---'));
}
