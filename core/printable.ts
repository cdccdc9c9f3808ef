/** Characters that must not reach a terminal, a comment or a log line unescaped. */
const unprintable =
  /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]/u;
const unprintables = new RegExp(unprintable, 'gu');

/**
 * Text from outside, safe on one line: control characters, line breaks and separators, invisible
 * characters and marks that turn the direction of writing are shown as escapes.
 */
export function printable(text: string): string {
  return text.replaceAll(
    unprintables,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** As printable, but keeps line breaks, for texts with our own lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

export function isPrintable(text: string): boolean {
  return !unprintable.test(text);
}

/** All texts and keys of JSON data, each safe on one line. Its depth is bounded where it was parsed. */
export function printableData<T>(value: T): T;
export function printableData(value: unknown): unknown {
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map((item: unknown) => printableData(item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [printable(key), printableData(item)]));
}
