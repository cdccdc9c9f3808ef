/**
 * Watches a collection of objects until it is stopped. It resumes at its last version, begins anew
 * if that is too old or the server has an earlier version by now, and waits longer and longer while
 * it fails.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { textAt } from '../../core/input/plain-data.ts';
import { nextDelay } from '../../core/protocol/backoff.ts';
import { AppError, reasonOf } from '../errors.ts';
import { ApiRefusal } from './api-refusal.ts';
import type { KubernetesClient } from './client.ts';
import type { Pulse } from './pulse.ts';
import type { WatchEvent } from './watch-events.ts';

export interface WatchedCollection {
  readonly what: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Called with objects that exist, before the first change, and before `working` with `anew`. */
  found?(items: readonly unknown[]): void;
  changed(event: Extract<WatchEvent, { readonly object: unknown }>): void;
  /**
   * Called when the watch works, perhaps again.
   * @param anew earlier changes are not known: any object may have changed
   */
  working(anew: boolean): void;
  failing(reason: string): void;
}

const limits = { baseMs: 500, capMs: 30_000 };
/** The longest duration of a watch on the server, so that no connection hangs for good. */
const longestSeconds = 300;
const spareMs = 20_000;
/**
 * A watch that ends earlier counts as failed, so that a proxy that cuts it off is not asked without
 * pause.
 */
const shortestMs = 1000;
const expired = 410;

/**
 * The version up to which all changes were reported; absent: not known, so the watch begins anew.
 */
interface Cursor {
  version?: string;
  /** The version may be from another server, or from other data. */
  isDoubtful?: boolean;
  /** The listener has got `working`. */
  begun?: boolean;
}

/** A pulse that never asks the server. */
const unheard: Pulse = { heard: () => undefined, onSilence: () => () => undefined };

/** Ends when the signal says so, and never rejects. */
export async function watchCollection(
  client: KubernetesClient,
  collection: WatchedCollection,
  random: () => number,
  signal: AbortSignal,
  pulse: Pulse = unheard,
): Promise<void> {
  let cursor: Cursor = {};
  for (let attempt = 0; ;) {
    const began = performance.now();
    const failure = await follow(client, collection, cursor, random, signal, pulse).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (signal.aborted) return;
    const lasted = performance.now() - began >= shortestMs;
    if (lasted) attempt = 0;
    if (isExpired(failure)) cursor = {};
    else if (failure !== undefined) {
      cursor.isDoubtful = true;
      collection.failing(reasonOf(failure));
    } else if (lasted) continue;
    const retryAfterMs = failure instanceof ApiRefusal ? (failure.retryAfterMs ?? 0) : 0;
    await pause(nextDelay({ attempt, limits, random: random(), retryAfterMs }), signal);
    attempt += 1;
  }
}

/** One watch, until the server ends it. */
async function follow(
  client: KubernetesClient,
  collection: WatchedCollection,
  cursor: Cursor,
  random: () => number,
  signal: AbortSignal,
  pulse: Pulse,
): Promise<void> {
  const { what, path, query = {} } = collection;
  await findPlace(client, collection, cursor);
  // The signal was aborted meanwhile, and would not abort the stream any more.
  if (signal.aborted) return;
  const timeoutSeconds = Math.ceil(longestSeconds * (0.8 + 0.2 * random()));
  const resourceVersion = cursor.version ?? '';
  const stream = new AbortController();
  const end = (): void => stream.abort();
  signal.addEventListener('abort', end);
  const callOff = pulse.onSilence(() => stream.abort(noAnswer(what)));
  try {
    const events = await client.watch({
      what,
      path,
      query: { ...query, resourceVersion, allowWatchBookmarks: true, timeoutSeconds },
      silenceMs: timeoutSeconds * 1000 + spareMs,
      signal: stream.signal,
    });
    collection.working(cursor.begun !== true);
    cursor.begun = true;
    for await (const event of events) {
      pulse.heard();
      if (event.type === 'ERROR') throw new WatchEnded(event.code, event.message);
      const version = textAt(event.object, 'metadata', 'resourceVersion');
      if (version !== undefined) cursor.version = version;
      if (event.type !== 'BOOKMARK') collection.changed(event);
    }
  } finally {
    callOff();
    signal.removeEventListener('abort', end);
  }
}

/**
 * Finds the version at which the watch continues. A server that was restored from a backup accepts
 * a later version, and is silent until it reaches it, so the version is compared after each
 * failure. Versions are compared as numbers (KEP-5504); others are not compared.
 */
async function findPlace(
  client: KubernetesClient,
  collection: WatchedCollection,
  cursor: Cursor,
): Promise<void> {
  const { version, isDoubtful = false } = cursor;
  if (version !== undefined && !isDoubtful) return;
  const { what, path, query = {} } = collection;
  const items: unknown[] = [];
  // A server without pages sends all of them.
  const take = (item: unknown): void => {
    if (items.length === 0) items.push(item);
  };
  const { data } = await client.send({
    what,
    path,
    query: { ...query, limit: 1 },
    items: { take },
  });
  const now = textAt(data, 'metadata', 'resourceVersion') ?? '';
  cursor.isDoubtful = false;
  if (version !== undefined && !isEarlier(now, version)) return;
  collection.found?.(items);
  cursor.version = now;
  cursor.begun = false;
}

function isEarlier(one: string, other: string): boolean {
  const areNumbers = /^\d+$/u.test(one) && /^\d+$/u.test(other);
  return areNumbers && BigInt(one) < BigInt(other);
}

function noAnswer(what: string): AppError {
  return new AppError('datastore-failed', `cannot ${what}: the API server does not answer`, {
    retryable: true,
  });
}

class WatchEnded extends AppError {
  readonly status: number;

  constructor(status: number, message: string) {
    super('datastore-failed', `cannot watch: ${message}`, { retryable: true });
    this.status = status;
  }
}

function isExpired(error: unknown): boolean {
  return (error instanceof WatchEnded || error instanceof ApiRefusal) && error.status === expired;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
