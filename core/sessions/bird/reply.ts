/**
 * Reads BIRD's answers on its control socket: lines with a code of four digits, then `-` if more
 * lines follow, or a space in the last one. A line that begins with a space has the code of the
 * previous line; one that begins with `+` belongs to no question (nest/cli.c, the same in 1.6 and
 * 2).
 *
 * Codes: 0xxx ends an answer, 1xxx has data, 2xxx a heading, 8xxx and 9xxx are errors.
 */
import { printable } from '../../printable.ts';
import type { Read } from '../session.ts';

export interface ReplyLine {
  readonly code: number;
  readonly text: string;
}

/** All lines of an answer to one question. */
export interface BirdReply {
  readonly lines: readonly ReplyLine[];
}

/** Codes of BIRD's nest/replies. */
export const codes = {
  ready: 1,
  end: 0,
  running: 13,
  routeCount: 14,
  restricted: 16,
  recovery: 24,
  version: 1000,
  protocol: 1002,
  details: 1006,
  route: 1007,
  routeType: 1008,
  status: 1011,
  attributes: 1012,
} as const;

const coded = /^(\d{4})([ -])(.*)$/;
const firstError = 8000;
/** BIRD's text for a line that does not fit its buffer; the answer continues after it. */
const overflow = '<line overflow>';
const maxShown = 80;

/** Reads an answer line by line; says when it has ended. */
export interface ReplyReader {
  /** @returns the whole answer with its last line; undefined: more lines belong to it */
  line(text: string): Read<BirdReply> | undefined;
}

export function createReplyReader(): ReplyReader {
  const lines: ReplyLine[] = [];
  let code: number | undefined;
  return {
    line: (text) => {
      if (text.startsWith('+')) return undefined;
      if (text.startsWith(' ')) {
        if (code === undefined) return unreadable(text);
        lines.push({ code, text: text.slice(1) });
        return undefined;
      }
      const [, digits, mark, rest = ''] = coded.exec(text) ?? [];
      if (digits === undefined) return unreadable(text);
      code = Number(digits);
      if (mark === '-') {
        if (code < firstError || rest === overflow) lines.push({ code, text: rest });
        else return refusal(rest);
        return undefined;
      }
      if (code >= firstError) return refusal(rest);
      lines.push({ code, text: rest });
      return { ok: true, value: { lines } };
    },
  };
}

function refusal(text: string): Read<never> {
  return { ok: false, why: `BIRD answers "${shown(text)}"` };
}

export function unreadable(line: string): Read<never> {
  return { ok: false, why: `BIRD's answer cannot be read: "${shown(line)}"` };
}

function shown(text: string): string {
  const start = text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
  return printable(start.trim());
}
