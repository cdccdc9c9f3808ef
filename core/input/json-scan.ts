/** The structural characters of JSON, by their code. */

export const quote = 34;
const backslash = 92;

/** `[` and `{`, which differ in one bit; so do `]` and `}`. */
export function isOpening(code: number): boolean {
  return (code & ~32) === 91;
}

export function isClosing(code: number): boolean {
  return (code & ~32) === 93;
}

/** The end of the string that begins here, or that of the text if the string has none. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

/**
 * Quotes and backslashes that are read between two rests, because each takes as long as several
 * characters.
 */
const partLength = 4096;

/** As endOfString, with a rest after each part of a string full of escapes. */
export function* endOfStringInParts(text: string, start: number): Generator<undefined, number> {
  let end = text.indexOf('"', start + 1);
  let steps = 0;
  while (end > 0) {
    let first = end;
    while (text.charCodeAt(first - 1) === backslash) {
      first -= 1;
      steps += 1;
      if (steps % partLength === 0) yield;
    }
    if ((end - first) % 2 === 0) return end;
    steps += 1;
    if (steps % partLength === 0) yield;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === backslash) first -= 1;
  return (at - first) % 2 === 1;
}
