/** Reads lists of objects, page by page. */
import { unreadableItem } from '../../core/input/deep-items.ts';
import { textAt } from '../../core/input/plain-data.ts';
import { weighInParts, type Weight } from '../../core/input/weight.ts';
import { finishInTurns } from '../pacing/in-turns.ts';
import { ReadingBudget } from '../pacing/reading-budget.ts';
import { unreadable } from './answer-body.ts';
import { ApiRefusal } from './api-refusal.ts';
import type { Send } from './requests.ts';

export interface ObjectList<T = unknown> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export interface ListOptions<T> {
  /** Picks the part of an item to keep; undefined: none. */
  readonly keep: (item: unknown) => T | undefined;
  /** Weighs what is kept of an item; absent: all of it. */
  readonly weigh?: (kept: T) => Generator<undefined, Weight>;
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

/** Objects a page. */
const pageSize = 500;

/** All pages. @param what completes `cannot …` */
export async function listObjects<T>(
  send: Send,
  what: string,
  path: string,
  options: ListOptions<T>,
): Promise<ObjectList<T>> {
  const whole = options.budget ?? new ReadingBudget();
  for (let tries = 1; ; tries += 1) {
    const budget = whole.part();
    try {
      return await listOnce(send, what, path, { ...options, budget });
    } catch (error) {
      budget.giveBack();
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
  options: ListOptions<T> & { readonly budget: ReadingBudget },
): Promise<ObjectList<T>> {
  const { keep, weigh, budget, maxMembers = usualMembers, selectors = {} } = options;
  const items: T[] = [];
  const tooManyValues = `it has more than ${String(maxMembers)} values`;
  let next = '';
  const take = async (item: unknown): Promise<void> => {
    const weight = await finishInTurns(weighInParts(item, maxMembers));
    const isReadable = weight.members <= maxMembers;
    const kept = keep(isReadable ? item : unreadableItem(item, tooManyValues));
    if (kept === undefined) return;
    const isWhole = kept === item && weigh === undefined;
    const parts = weigh?.(kept) ?? weighInParts(kept, maxMembers);
    budget.take((isWhole ? weight : await finishInTurns(parts)).bytes);
    items.push(kept);
  };
  for (let pages = 0; pages < maxPages; pages += 1) {
    const query = { ...selectors, limit: pageSize, ...(next !== '' && { continue: next }) };
    const { data } = await send({ what, path, query, items: { take, mostMembers: maxMembers } });
    next = textAt(data, 'metadata', 'continue') ?? '';
    const resourceVersion = textAt(data, 'metadata', 'resourceVersion') ?? '';
    if (next === '') return { items, resourceVersion };
  }
  throw unreadable(what, `it has more than ${String(maxPages)} pages`);
}
