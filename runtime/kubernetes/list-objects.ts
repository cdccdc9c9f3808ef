/** Reads lists of objects, page by page. */
import { unreadableItem } from '../../core/input/deep-items.ts';
import { isMap, listAt, textAt } from '../../core/input/plain-data.ts';
import { weightOf } from '../../core/input/weight.ts';
import { inTurns } from '../pacing/in-turns.ts';
import { ReadingBudget } from '../pacing/reading-budget.ts';
import { AnswerTooLarge, unreadable } from './answer-body.ts';
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
}

export function wholeItem(item: unknown): unknown {
  return item;
}

const maxTries = 3;
/** 500,000 objects: an answer that always names a next page would never end. */
const maxPages = 1000;
/**
 * The largest of Calico's blocks has 4,096 addresses, with up to ten values each. A user who may
 * write one object must not hold up the agent, which reads all its values.
 */
const maxMembers = 50_000;
const tooManyValues = `it has more than ${String(maxMembers)} values`;

const mib = 1024 * 1024;
/**
 * The other sizes are for objects so large that the usual page is refused, and for servers without
 * pages.
 */
const usualPage = { limit: 500, maxBytes: 16 * mib };
const smallerPages = [
  { limit: 50, maxBytes: 16 * mib },
  { limit: 5, maxBytes: 64 * mib },
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
  { keep, budget = new ReadingBudget() }: ListOptions<T>,
): Promise<ObjectList<T>> {
  const items: T[] = [];
  let next = '';
  for (let pages = 0; pages < maxPages; pages += 1) {
    const { data } = await readPage(send, what, path, next);
    // An answer that is no list must not count as an empty one: all objects would seem to be gone.
    if (!isList(data)) throw unreadable(what, 'it is no list');
    await inTurns(listAt(data, 'items'), (item) => {
      const weight = weightOf(item, maxMembers);
      const isReadable = weight.members <= maxMembers;
      const kept = keep(isReadable ? item : unreadableItem(item, tooManyValues));
      if (kept === undefined) return;
      budget.take(kept === item ? weight.bytes : weightOf(kept, maxMembers).bytes);
      items.push(kept);
    });
    next = textAt(data, 'metadata', 'continue') ?? '';
    const resourceVersion = textAt(data, 'metadata', 'resourceVersion') ?? '';
    if (next === '') return { items, resourceVersion };
  }
  throw unreadable(what, `it has more than ${String(maxPages)} pages`);
}

/** @param next the token of the page; empty: the first one */
async function readPage(send: Send, what: string, path: string, next: string): Promise<ApiAnswer> {
  const ask = ({ limit, maxBytes }: typeof usualPage): Promise<ApiAnswer> => {
    const query = { limit, ...(next !== '' && { continue: next }) };
    return send({ what, path, query, maxBytes });
  };
  let page = usualPage;
  for (const smaller of smallerPages) {
    try {
      return await ask(page);
    } catch (error) {
      if (!(error instanceof AnswerTooLarge)) throw error;
      page = smaller;
    }
  }
  return ask(page);
}

/** `items` of an empty list may be null, or absent. */
function isList(data: unknown): boolean {
  return isMap(data) && (Array.isArray(data['items'] ?? []) || data['items'] === null);
}
