/**
 * Watches keys until it is stopped: a stream that breaks is opened anew, at whichever
 * endpoint answers, and goes on after the last revision that was read, so that nothing is missed.
 * Where the server's history is another one by then, it begins anew and says so.
 */
import { backoff } from '../../core/protocol/backoff.ts';
import type { OpenedWatch } from './endpoint.ts';
import type { SeenHistory } from './history.ts';
import type { KeyEvent, KeyRange } from './keys.ts';
import { Progress } from './watch-progress.ts';
import { followStream, type Ended, type StreamListener } from './watch-stream.ts';

export interface KeyWatchListener {
  changed(events: readonly KeyEvent[]): void;
  /** It works from now on, and events before this moment may be missing. */
  began(): void;
  /** It does not work now, and is tried again; said once until it `began` again. */
  failing(reason: string): void;
}

export interface KeyWatch {
  /** It reports nothing from then on. */
  stop(): void;
}

export interface WatchClock {
  /** Resolves to what calls it off. */
  after(milliseconds: number, run: () => void): () => void;
  /** At least 0, less than 1. */
  random(): number;
}

/** Opens a stream where the first range can be read, and compares its history with the known one. */
type Open = (first: KeyRange, seen: SeenHistory | undefined) => Promise<OpenedWatch>;

const limits = { baseMs: 500, capMs: 30_000 };
/** How long a server may take to begin a watch. */
const beginMs = 10_000;
/** A stream that ends before is a failure too, and no proof that the watch works. */
const steadyMs = 10_000;
/** A connection that is cut is no news; so many in a row are. */
const shortStreams = 3;

const systemClock: WatchClock = {
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** What the listener throws ends the stream, and nothing else: it hears of `began` anew. */
export function watchKeys(
  open: Open,
  ranges: readonly KeyRange[],
  listener: KeyWatchListener,
  clock: WatchClock = systemClock,
): KeyWatch {
  const stopping = new AbortController();
  void follow(open, ranges, listener, clock, stopping.signal);
  return { stop: () => stopping.abort() };
}

async function follow(
  open: Open,
  ranges: readonly KeyRange[],
  listener: KeyWatchListener,
  clock: WatchClock,
  signal: AbortSignal,
): Promise<void> {
  const progress = new Progress(ranges.length);
  const health = new Health(progress, listener);
  for (;;) {
    const ended = await followStream(
      { open, ranges, progress, clock, beginMs, steadyMs, signal },
      health,
    );
    if (signal.aborted) return;
    health.ended(ended);
    // Jitter: all agents of a cluster lose their watches at the same time.
    await pause(backoff(health.failures, limits, clock.random()), clock, signal);
  }
}

/** Whether the watch works, over many streams. */
class Health implements StreamListener {
  /** Streams in a row that did not last. */
  failures = 0;
  /** Those of them that began. */
  #short = 0;
  #isFailing = false;
  readonly #progress: Progress;
  readonly #listener: KeyWatchListener;

  constructor(progress: Progress, listener: KeyWatchListener) {
    this.#progress = progress;
    this.#listener = listener;
  }

  changed(events: readonly KeyEvent[]): void {
    this.#listener.changed(events);
  }

  began(): void {
    const isBack = this.#isFailing && this.#short < shortStreams;
    if (this.#progress.isIncomplete || isBack) this.#tellBegan();
  }

  steady(): void {
    this.failures = 0;
    this.#short = 0;
    if (this.#isFailing) this.#tellBegan();
  }

  ended({ hasBegun, wasSteady, reason }: Ended): void {
    if (wasSteady) return;
    this.failures += 1;
    if (hasBegun) this.#short += 1;
    if (this.#isFailing || (hasBegun && this.#short < shortStreams)) return;
    this.#isFailing = true;
    try {
      this.#listener.failing(reason);
    } catch {
      this.#isFailing = false;
    }
  }

  #tellBegan(): void {
    this.#progress.isIncomplete = false;
    this.#isFailing = false;
    this.#listener.began();
  }
}

function pause(milliseconds: number, clock: WatchClock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      callOff();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const callOff = clock.after(milliseconds, end);
    signal.addEventListener('abort', end);
  });
}
