/** Lists of objects, page by page. */
import { isMap, listAt, textAt } from '../../core/input/plain-data.ts';
import { unreadable } from './answer-body.ts';
import { ApiRefusal } from './api-refusal.ts';
import type { Send } from './requests.ts';

export interface ObjectList {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
}

const pageSize = 500;
const maxTries = 3;
/** 500,000 objects: an answer that always names a next page would never end. */
const maxPages = 1000;

/** All pages. @param what completes `cannot …` */
export async function listObjects(send: Send, what: string, path: string): Promise<ObjectList> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await listOnce(send, what, path);
    } catch (error) {
      // The pages of so old a list are gone: from the beginning.
      const isExpired = error instanceof ApiRefusal && error.status === 410;
      if (!isExpired || tries === maxTries) throw error;
    }
  }
}

async function listOnce(send: Send, what: string, path: string): Promise<ObjectList> {
  const items: unknown[] = [];
  let next = '';
  for (let pages = 0; pages < maxPages; pages += 1) {
    const page = { limit: pageSize, ...(next !== '' && { continue: next }) };
    const { data } = await send({ what, path, query: page });
    // An answer that is no list is not an empty one: everything would seem to be gone.
    if (!isList(data)) throw unreadable(what, 'it is no list');
    for (const item of listAt(data, 'items')) items.push(item);
    next = textAt(data, 'metadata', 'continue') ?? '';
    const resourceVersion = textAt(data, 'metadata', 'resourceVersion') ?? '';
    if (next === '') return { items, resourceVersion };
  }
  throw unreadable(what, `it has more than ${String(maxPages)} pages`);
}

/** `items` of an empty list may be null, or absent. */
function isList(data: unknown): boolean {
  return isMap(data) && (Array.isArray(data['items'] ?? []) || data['items'] === null);
}
