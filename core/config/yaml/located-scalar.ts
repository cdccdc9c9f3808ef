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
  const source = node.source ?? '';
  const value = isDoubtful(node.value, source) ? source : node.value;
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

/** Computed only on demand, because most texts have no faults. */
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

/** Whether the form makes it a text: quotes, a block, or the tag !!str. */
export function isQuoted(node: Scalar): boolean {
  return (node.type !== undefined && node.type !== 'PLAIN') || node.tag?.endsWith(':str') === true;
}

/**
 * 010 is 8 to readers of YAML 1.1 (kubectl, calicoctl, Juju) and 10 to those of YAML 1.2; 0o10 is
 * a text and 8. Nobody guesses: it stays the text that it is, which is no number anywhere.
 */
function isDoubtful(value: unknown, source: string): boolean {
  return typeof value === 'number' && /^[-+]?0[\do]/.test(source);
}

function isPlain(value: unknown): value is LocatedScalar['value'] {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
