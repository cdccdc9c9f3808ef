/** Lines of a preview, and the words that they share. */
import type { Names } from '../../../schemas/generated/fleet-preview.ts';

export interface PartLine {
  /** 0: directly below the title. */
  readonly depth: number;
  /** `+` for what comes, `-` for what goes, `~` for what changes; absent: none of these. */
  readonly sign?: '+' | '-' | '~';
  readonly text: string;
}

/** `node-0, node-1 and 4998 more` */
export function someNames({ count: all, first }: Names): string {
  const names = first.join(', ');
  return all > first.length ? `${names} and ${String(all - first.length)} more` : names;
}

export function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
}
