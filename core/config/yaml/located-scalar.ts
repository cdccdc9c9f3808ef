/** A scalar of the YAML library → a located one, whose parts have places too. */
import type { Scalar } from 'yaml';
import type { Place } from '../../issue.ts';
import type { LocatedScalar } from './located.ts';
import { writtenOffsets, type WrittenOffset, type WrittenStyle } from './written-text.ts';

/** From a pointer within the document and an offset in its text. */
export type PlaceAt = (pointer: string, offset: number) => Place;

export function scalarOf(
  node: Scalar,
  place: Place,
  text: string,
  placeAt: PlaceAt,
): LocatedScalar {
  const { value } = node;
  const source = node.source ?? '';
  const isText = typeof value === 'string' && value !== '';
  return {
    kind: 'scalar',
    value: isPlain(value) ? value : source,
    source,
    quoted: isQuoted(node),
    ...(isText && { placeWithin: placesWithin(node, value, text, placeAt) }),
    place,
  };
}

/** Compared with what was written only once somebody asks: most texts are without faults. */
function placesWithin(
  { range, type }: Scalar,
  value: string,
  text: string,
  placeAt: PlaceAt,
): (index: number) => Place {
  const [start, end] = range ?? [0, 0];
  const style = styles[type ?? 'PLAIN'] ?? 'plain';
  let offsets: WrittenOffset | undefined;
  return (index) => {
    offsets ??= writtenOffsets(text.slice(start, end), style, value);
    return placeAt('', start + offsets(index));
  };
}

const styles: Readonly<Record<string, WrittenStyle>> = {
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
  QUOTE_DOUBLE: 'double',
  QUOTE_SINGLE: 'single',
};

/** A text by its form: quotes, a block, or the tag !!str. */
export function isQuoted(node: Scalar): boolean {
  return (node.type !== undefined && node.type !== 'PLAIN') || node.tag?.endsWith(':str') === true;
}

function isPlain(value: unknown): value is LocatedScalar['value'] {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
