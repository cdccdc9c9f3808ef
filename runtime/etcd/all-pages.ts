/** Reads the pages of a range, one after the other, within the bounds of memory. */
import { inTurns } from '../pacing/in-turns.ts';
import type { ReadingBudget } from '../pacing/reading-budget.ts';
import { isAnswerTooLarge } from './failures.ts';
import type { KeepPart, KeptPart, StoredKey } from './keys.ts';
import type { RangeAnswer } from './protocol.ts';

const mostKeys = 500_000;

type Page = Pick<RangeAnswer, 'keys' | 'more'>;

/**
 * Holds only the parts: each page is given up before the next one is read.
 * @param next reads the page after this key; undefined: the first one
 * @param budget for this range and others that are read with it
 * @param most the most keys that are read
 * @throws AppError, RangeError where there is more
 */
export async function allPages<T>(
  next: (after: string | undefined) => Promise<Page>,
  keep: KeepPart<T>,
  budget: ReadingBudget,
  most = mostKeys,
): Promise<readonly T[]> {
  const parts: T[] = [];
  const add = (kept: KeptPart<T> | undefined): void => {
    if (kept === undefined) return;
    budget.take(kept.bytes);
    parts.push(kept.part);
  };
  let read = 0;
  let last: string | undefined;
  /** False: it was the last one. */
  const takePage = async (): Promise<boolean> => {
    const page = await next(last);
    await inTurns(page.keys, (one) => {
      const kept = keep(one);
      return kept instanceof Promise ? kept.then(add) : add(kept);
    });
    read += page.keys.length;
    last = page.keys.at(-1)?.key ?? last;
    if (read > most) throw new RangeError(`more than ${String(most)} keys`);
    return page.more;
  };
  while (await takePage());
  return parts;
}

/**
 * Objects a page, the usual number first. gRPC decodes a page in one turn of the event loop: 10 ms for 250
 * without V8's compilers. The others are for large objects.
 */
const pageSizes = [250, 25, 5, 1] as const;
/** After a larger page the next ones have fewer objects: several copies of a page are in memory. */
const largePage = 4 * 2 ** 20;

/** The number of objects in the pages of one reading: smaller once a page was large. */
export class PageSize {
  #at = 0;

  /** Asks with the current number, and with a smaller one where the answer is too large. */
  async ask<T>(ask: (limit: number) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask(pageSizes[this.#at] ?? 1);
      } catch (error) {
        if (!isAnswerTooLarge(error) || !this.#shrink()) throw error;
      }
    }
  }

  /** Counts a page that was read. */
  took(keys: readonly StoredKey[]): void {
    const characters = keys.reduce((sum, { value }) => sum + value.length, 0);
    if (characters > largePage) this.#shrink();
  }

  #shrink(): boolean {
    if (this.#at === pageSizes.length - 1) return false;
    this.#at += 1;
    return true;
  }
}

/** All pages of one reading together may take as long as so many calls. */
const mostCalls = 6;

/**
 * Each page has the time of one call: there may be thousands of them, and this process reads them in
 * turns. The time that it takes for their keys counts for none of them. Made before the first call.
 * @param ends the deadline of the first call, in ms since 1970
 */
export function createReadingDeadline(ends: number): {
  readonly ofNextPage: () => number;
  readonly gotPage: () => void;
} {
  let gotAt = Date.now();
  const callMs = ends - gotAt;
  let last = gotAt + mostCalls * callMs;
  return {
    ofNextPage: () => {
      const now = Date.now();
      last += now - gotAt;
      return Math.min(now + callMs, last);
    },
    gotPage: () => {
      gotAt = Date.now();
    },
  };
}
