/**
 * Watches keys for as long as it is told to: a stream that breaks is opened anew, at whichever
 * endpoint answers, and goes on after the last revision that was seen, so that nothing is missed.
 */
import type { IWatchResponse } from 'etcd3';
import { reasonOf } from '../errors.ts';
import type { WatchStream } from './endpoint.ts';
import type { KeyEvent, KeyRange } from './keys.ts';

export interface KeyWatchListener {
  changed(events: readonly KeyEvent[]): void;
  /** It works from now on, and events before this moment may be missing. */
  began(): void;
  /** It does not work now, and is tried again; said once until it `began` again. */
  failing(reason: string): void;
}

export interface KeyWatch {
  /** Nothing is told from then on. */
  stop(): void;
}

/** Opens a stream where the first range can be read. */
type Open = (first: KeyRange) => Promise<WatchStream>;

const baseDelayMs = 250;
const maxDelayMs = 15_000;
/** How long a server may take to begin a watch. */
const beginMs = 10_000;

export function watchKeys(
  open: Open,
  ranges: readonly KeyRange[],
  listener: KeyWatchListener,
): KeyWatch {
  const stopping = new AbortController();
  void follow(open, ranges, listener, stopping.signal);
  return { stop: () => stopping.abort() };
}

async function follow(
  open: Open,
  ranges: readonly KeyRange[],
  listener: KeyWatchListener,
  signal: AbortSignal,
): Promise<void> {
  const progress = new Progress(ranges.length);
  const state = { failures: 0 };
  const told: Pick<KeyWatchListener, 'changed' | 'began'> = {
    changed: (events) => listener.changed(events),
    began: () => {
      if (state.failures > 0) progress.isIncomplete = true;
      state.failures = 0;
      if (!progress.isIncomplete) return;
      progress.isIncomplete = false;
      listener.began();
    },
  };
  for (;;) {
    const { hasBegun, reason } = await once(open, ranges, progress, signal, told);
    if (signal.aborted) return;
    if (!hasBegun) {
      if (state.failures === 0) listener.failing(reason);
      state.failures += 1;
    }
    // Jitter: all agents of a cluster lose their watches at the same time.
    const delay = Math.min(maxDelayMs, baseDelayMs * 2 ** state.failures);
    await pause(Math.random() * delay, signal);
  }
}

/** How far each range was seen. */
class Progress {
  /** Events may be missing: the beginning, or history that the server has compacted. */
  isIncomplete = true;
  readonly #next: (string | undefined)[];

  constructor(ranges: number) {
    this.#next = Array.from({ length: ranges }, () => undefined);
  }

  next(range: number): string | undefined {
    return this.#next[range];
  }

  seen(range: number, revision: string): void {
    this.#next[range] = String(BigInt(revision) + 1n);
  }

  lost(): void {
    this.isIncomplete = true;
    this.#next.fill(undefined);
  }
}

interface Ended {
  readonly hasBegun: boolean;
  readonly reason: string;
}

/** One stream, from its opening to its end. Resolves with why it ended; never rejects. */
async function once(
  open: Open,
  ranges: readonly KeyRange[],
  progress: Progress,
  signal: AbortSignal,
  listener: Pick<KeyWatchListener, 'changed' | 'began'>,
): Promise<Ended> {
  const [first] = ranges;
  if (first === undefined) return { hasBegun: false, reason: 'nothing to watch' };
  try {
    const [{ rangeOf }, stream] = await Promise.all([import('./messages.ts'), open(first)]);
    return await new Promise<Ended>((resolve) => {
      const finish = (reason: string): void => {
        clearTimeout(beginning);
        signal.removeEventListener('abort', abort);
        resolve({ hasBegun: rangeOfWatch.size === ranges.length, reason });
        stream.cancel();
      };
      const abort = (): void => finish('stopped');
      const beginning = setTimeout(() => finish('the server does not begin the watch'), beginMs);
      beginning.unref();
      const rangeOfWatch = new Map<string, number>();
      stream.on('error', (error) => finish(reasonOf(error)));
      stream.on('end', () => finish('the server has ended the watch'));
      stream.on('data', (answer) => {
        if (answer.created) rangeOfWatch.set(answer.watch_id, rangeOfWatch.size);
        const range = rangeOfWatch.get(answer.watch_id);
        if (answer.canceled) {
          if (answer.compact_revision !== '0') progress.lost();
          finish(`the server has cancelled the watch: ${answer.cancel_reason}`);
        } else if (range !== undefined) {
          if (answer.created && rangeOfWatch.size === ranges.length) {
            clearTimeout(beginning);
            listener.began();
          }
          // While a watch catches up, the header is ahead of the events.
          const last = answer.events.at(-1)?.kv.mod_revision ?? answer.header.revision;
          if (!answer.created || progress.next(range) === undefined) progress.seen(range, last);
          if (answer.events.length > 0) listener.changed(answer.events.map(eventOf));
        }
      });
      signal.addEventListener('abort', abort);
      if (signal.aborted) return finish('stopped');
      for (const [index, range] of ranges.entries()) {
        const from = progress.next(index);
        stream.write({
          create_request: {
            ...rangeOf(range),
            prev_kv: true,
            progress_notify: true,
            ...(from !== undefined && { start_revision: from }),
          },
        });
      }
    });
  } catch (error) {
    return { hasBegun: false, reason: reasonOf(error) };
  }
}

function eventOf({ type, kv, prev_kv: former }: IWatchResponse['events'][number]): KeyEvent {
  const key = kv.key.toString();
  if (type.toLowerCase() === 'put') return { type: 'put', key, value: kv.value.toString() };
  const value = nullable(former)?.value.toString();
  return { type: 'delete', key, ...(value !== undefined && { former: value }) };
}

/** The library's types do not say that a message may be absent. */
function nullable<T>(message: T | null | undefined): T | undefined {
  return message ?? undefined;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    timer.unref();
    signal.addEventListener('abort', end);
  });
}
