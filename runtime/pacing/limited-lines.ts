/** Lines that belong to what others do: so many in a while, and then one that counts the rest. */
import type { LogFields, Logger } from '../log/logger.ts';

export interface LineLimits {
  readonly everyMs: number;
  readonly lines: number;
}

const defaultLimits: LineLimits = { everyMs: 60_000, lines: 100 };

/** @returns a way to log that leaves lines out where there are too many */
export function limitedLines(
  logger: Pick<Logger, 'info'>,
  clock: () => number,
  { everyMs, lines }: LineLimits = defaultLimits,
): (message: string, fields: LogFields) => void {
  let began = clock();
  let said = 0;
  let leftOut = 0;
  return (message, fields) => {
    if (clock() - began >= everyMs) {
      if (leftOut > 0) logger.info('lines of this kind were left out', { count: leftOut });
      began = clock();
      said = 0;
      leftOut = 0;
    }
    if (said >= lines) {
      leftOut += 1;
      return;
    }
    said += 1;
    logger.info(message, fields);
  };
}
