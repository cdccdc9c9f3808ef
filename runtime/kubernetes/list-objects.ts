/** Reads lists of objects, page by page. */
import { unreadableItem } from '../../core/input/deep-items.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import { isMap, listAt, textAt } from '../../core/input/plain-data.ts';
import { weighInParts } from '../../core/input/weight.ts';
import { finishInTurns, inTurns } from '../pacing/in-turns.ts';
import { ReadingBudget } from '../pacing/reading-budget.ts';
import { AnswerTooLarge, unreadable, type AnswerLimits } from './answer-body.ts';
import { ApiRefusal } from './api-refusal.ts';
import type { ApiAnswer, Send } from './requests.ts';

export interface ObjectList<T = unknown> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export interface ListOptions<T> {
  /** Picks the part of an item to keep; undefined: none. */
  readonly keep: (item: unknown) => T | undefined;
  /** The budget for this list and others that are read with it. */
  readonly budget?: ReadingBudget;
  /** The most members of objects and lists within one item; default: as many as Calico's blocks. */
  readonly maxMembers?: number;
  /** Applied by the server. */
  readonly selectors?: Selectors;
}

export interface Selectors {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export function wholeItem(item: unknown): unknown {
  return item;
}

const maxTries = 3;
/** An answer that always names a next page would never end. */
const maxPages = 10_000;
/**
 * The largest of Calico's blocks has 4,096 addresses, with up to ten values each. A user who may
 * write one object must not hold up the agent, which reads all its values.
 */
const usualMembers = 50_000;

const mib = 1024 * 1024;
interface Page {
  readonly limit: number;
  readonly limits: AnswerLimits;
}

/** JSON.parse cannot be parted: half a microsecond for each value, without V8's compilers. */
const usualLimits = { maxBytes: 16 * mib, maxValues: 150_000 };
const usualPage: Page = { limit: 500, limits: usualLimits };
/**
 * The other sizes are for objects so large that the usual page is refused; the last one is also for
 * servers without pages.
 */
const smallerPages: readonly Page[] = [
  { limit: 50, limits: usualLimits },
  { limit: 5, limits: usualLimits },
  { limit: 1, limits: jsonBounds.kubernetes },
];

/** All pages. @param what completes `cannot …` */
export async function listObjects<T>(
  send: Send,
  what: string,
  path: string,
  options: ListOptions<T>,
): Promise<ObjectList<T>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await listOnce(send, what, path, options);
    } catch (error) {
      // The list has expired on the server, so the reading begins again.
      const isExpired = error instanceof ApiRefusal && error.status === 410;
      if (!isExpired || tries === maxTries) throw error;
    }
  }
}

async function listOnce<T>(
  send: Send,
  what: string,
  path: string,
  { keep, budget = new ReadingBudget(), maxMembers = usualMembers, selectors = {} }: ListOptions<T>,
): Promise<ObjectList<T>> {
  const items: T[] = [];
  const tooManyValues = `it has more than ${String(maxMembers)} values`;
  let next = '';
  let page = usualPage;
  for (let pages = 0; pages < maxPages; pages += 1) {
    const { answer, page: readable } = await readPage(
      send,
      { what, path, next, selectors, mostMembers: maxMembers },
      page,
    );
    page = readable;
    const { data } = answer;
    // An answer that is no list must not count as an empty one: all objects would seem to be gone.
    if (!isList(data)) throw unreadable(what, 'it is no list');
    await inTurns(listAt(data, 'items'), async (item) => {
      const weight = await finishInTurns(weighInParts(item, maxMembers));
      const isReadable = weight.members <= maxMembers;
      const kept = keep(isReadable ? item : unreadableItem(item, tooManyValues));
      if (kept === undefined) return;
      const { bytes } =
        kept === item ? weight : await finishInTurns(weighInParts(kept, maxMembers));
      budget.take(bytes);
      items.push(kept);
    });
    next = textAt(data, 'metadata', 'continue') ?? '';
    const resourceVersion = textAt(data, 'metadata', 'resourceVersion') ?? '';
    if (next === '') return { items, resourceVersion };
  }
  throw unreadable(what, `it has more than ${String(maxPages)} pages`);
}

interface WhichPage {
  readonly what: string;
  readonly path: string;
  /** The token of the page; empty: the first one. */
  readonly next: string;
  readonly selectors: Selectors;
  /** An item with an object of more members is not read. */
  readonly mostMembers: number;
}

/** The page, or a smaller one, with the size that later pages should have. */
async function readPage(
  send: Send,
  which: WhichPage,
  page: Page,
): Promise<{ readonly answer: ApiAnswer; readonly page: Page }> {
  const { limit, limits } = page;
  const { what, path, next, selectors, mostMembers } = which;
  const query = { ...selectors, limit, ...(next !== '' && { continue: next }) };
  try {
    return { answer: await send({ what, path, query, limits: { ...limits, mostMembers } }), page };
  } catch (error) {
    const smaller = smallerPages.find((one) => one.limit < limit);
    if (!(error instanceof AnswerTooLarge) || smaller === undefined) throw error;
    return readPage(send, which, smaller);
  }
}

/** `items` of an empty list may be null, or absent. */
function isList(data: unknown): boolean {
  return isMap(data) && (Array.isArray(data['items'] ?? []) || data['items'] === null);
}
