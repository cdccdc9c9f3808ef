/** Reads DER (X.690), as far as certificates use it. Places instead of parts of the buffer: making those takes longer. */

export interface Element {
  /** The first byte: class, form and number, all in one. */
  readonly tag: number;
  /** Where its content is in the bytes. */
  readonly begin: number;
  readonly end: number;
}

type Place = Pick<Element, 'begin' | 'end'>;

/** The elements that follow each other there; undefined: it is no such list. */
export function elementsIn(bytes: Uint8Array, place: Place): readonly Element[] | undefined {
  const elements: Element[] = [];
  for (let at = place.begin; at < place.end;) {
    const element = elementAt(bytes, at);
    if (element === undefined || element.end > place.end) return undefined;
    elements.push(element);
    at = element.end;
  }
  return elements;
}

/** A length has one byte below 128, else the number of its bytes and then these. */
function elementAt(bytes: Uint8Array, at: number): Element | undefined {
  const tag = bytes[at] ?? 0;
  const first = bytes[at + 1];
  const isLong = (tag & 0x1f) === 0x1f;
  if (isLong || first === undefined || first === 0x80 || first > 0x83) return undefined;
  if (first < 0x80) return { tag, begin: at + 2, end: at + 2 + first };
  const begin = at + 2 + (first - 0x80);
  let length = 0;
  for (let index = at + 2; index < begin; index += 1) length = length * 256 + (bytes[index] ?? 0);
  return { tag, begin, end: begin + length };
}
