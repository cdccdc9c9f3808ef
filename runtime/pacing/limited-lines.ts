/** Limits lines that others cause: so many in a while, and then one that counts the rest. */
import type { LogFields } from '../log/logger.ts';

export interface LineLimits {
  readonly everyMs: number;
  readonly lines: number;
}

const defaultLimits: LineLimits = { everyMs: 60_000, lines: 100 };

type Say = (message: string, fields: LogFields) => void;

/** @returns a function that logs lines, and leaves some out if there are too many */
export function limitedLines(
  say: Say,
  clock: () => number,
  { everyMs, lines }: LineLimits = defaultLimits,
): Say {
  let began = clock();
  let said = 0;
  let leftOut = 0;
  return (message, fields) => {
    if (clock() - began >= everyMs) {
      if (leftOut > 0) say('lines of this kind were left out', { count: leftOut });
      began = clock();
      said = 0;
      leftOut = 0;
    }
    if (said >= lines) {
      leftOut += 1;
      return;
    }
    said += 1;
    say(message, fields);
  };
}
