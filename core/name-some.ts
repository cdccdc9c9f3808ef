import { printable } from './printable.ts';

const named = 10;

/**
 * `a, b, c and 4,990 more`: enough to find them, bounded for a fleet.
 * @param count of all of them, where `names` are the first ones
 */
export function nameSome(names: readonly string[], count = names.length): string {
  const shown = names.slice(0, named);
  const text = shown.map(printable).join(', ');
  return count > shown.length ? `${text} and ${count - shown.length} more` : text;
}
