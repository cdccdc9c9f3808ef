import { printable } from './printable.ts';

const named = 10;

/** `a, b, c and 4,990 more`: enough to find them, bounded for a fleet. */
export function nameSome(names: readonly string[]): string {
  const shown = names.slice(0, named).map(printable).join(', ');
  return names.length > named ? `${shown} and ${names.length - named} more` : shown;
}
