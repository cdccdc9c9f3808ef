/** One event on one line, safe for a terminal. */
import { printable } from '../../../core/printable.ts';

/** The part of an event that is shown. */
export interface ShownEvent {
  /** RFC 3339. */
  readonly at: string;
  readonly kind: string;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
}

const levelWords: Readonly<Record<ShownEvent['level'], string>> = {
  info: '',
  warning: 'warning: ',
  error: 'ERROR: ',
};

/** `2026-01-31T03:12:07Z  session-down  warning: the session to 10.0.0.2 went down: …` */
export function eventText({ at, kind, level, text }: ShownEvent): string {
  return printable(`${withoutMs(at)}  ${kind.padEnd(kindWidth)}  ${levelWords[level]}${text}`);
}

/** Most kinds fit; a longer one only moves its own text. */
const kindWidth = 14;

function withoutMs(at: string): string {
  return at.replace(/\.\d+Z$/, 'Z');
}
