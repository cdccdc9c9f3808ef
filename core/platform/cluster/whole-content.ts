import { isMap, type PlainMap } from '../../input/plain-data.ts';
import type { ObjectEdit } from './cluster-edit.ts';

/**
 * What all whole-object edits of one object come to; later ones win. Server-side apply takes away what an earlier
 * apply by the same manager had and this one has not, so that several of them have to be one request. Undefined: none.
 */
export function wholeContent(edits: readonly ObjectEdit[]): PlainMap | undefined {
  const contents = edits.flatMap((edit) => (edit.form === 'object' ? [edit.content] : []));
  const [first, ...others] = contents;
  return others.reduce((whole, one) => whole && merged(whole, one), first);
}

function merged(one: PlainMap, other: PlainMap): PlainMap {
  const whole: Record<string, unknown> = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const known = whole[key];
    whole[key] = isMap(known) && isMap(value) ? merged(known, value) : value;
  }
  return whole;
}
