/** Reads the pages of a range, one after the other, within the bounds of memory. */
import type { ReadingBudget } from '../pacing/reading-budget.ts';
import { bytesOf } from '../../core/input/weight.ts';
import { isAnswerTooLarge } from './failures.ts';
import type { StoredKey } from './keys.ts';
import type { RangeAnswer } from './protocol.ts';

const mostKeys = 500_000;

export interface PagesOptions {
  /** The most keys that are read. */
  readonly most?: number;
  /** Whether to keep a key; the others need no memory. */
  readonly keep?: ((key: StoredKey) => boolean) | undefined;
}

/**
 * @param next reads the page after this key
 * @param budget for this range and others that are read with it
 * @throws AppError, RangeError where there is more
 */
export async function allPages(
  first: Pick<RangeAnswer, 'keys' | 'more'>,
  next: (after: string | undefined) => Promise<Pick<RangeAnswer, 'keys' | 'more'>>,
  budget: ReadingBudget,
  { most = mostKeys, keep = (): boolean => true }: PagesOptions = {},
): Promise<readonly StoredKey[]> {
  const keys: StoredKey[] = [];
  let read = 0;
  let last: string | undefined;
  for (let page = first; ; page = await next(last)) {
    last = page.keys.at(-1)?.key ?? last;
    for (const one of page.keys) {
      if (!keep(one)) continue;
      keys.push(one);
      budget.take(bytesOf(one.value));
    }
    read += page.keys.length;
    if (read > most) throw new RangeError(`more than ${String(most)} keys`);
    if (!page.more) return keys;
  }
}

/**
 * Objects a page, the usual number first. gRPC decodes a page in one turn of the event loop: 10 ms for 250
 * without V8's compilers. The others are for objects so large that the usual page is refused.
 */
const pageSizes = [250, 25, 5];

export async function inPages<T>(ask: (limit: number) => Promise<T>): Promise<T> {
  for (const limit of pageSizes) {
    try {
      return await ask(limit);
    } catch (error) {
      if (!isAnswerTooLarge(error)) throw error;
    }
  }
  return ask(1);
}
