/**
 * Watches keys until it is stopped. A broken stream is opened again, at any endpoint that answers,
 * after the last revision that was read, so that no event is missed. If the server has another
 * history by then, the watch begins anew and reports that.
 */
import { backoff } from '../../core/protocol/backoff.ts';
import type { OpenedWatch } from './endpoint.ts';
import type { SeenHistory } from './history.ts';
import type { KeyEvent, KeyRange } from './keys.ts';
import { Progress } from './watch-progress.ts';
import { followStream, type Ended, type StreamListener } from './watch-stream.ts';

export interface KeyWatchListener {
  changed(events: readonly KeyEvent[]): void;
  /** Called when the watch works; earlier events may be missing. */
  began(): void;
  /** Called once when the watch does not work, until it `began` again; it goes on trying. */
  failing(reason: string): void;
}

export interface KeyWatch {
  /** Stops all reports. */
  stop(): void;
}

export interface WatchClock {
  /** Runs after this time; returns a function that cancels it. */
  after(milliseconds: number, run: () => void): () => void;
  /** At least 0, less than 1. */
  random(): number;
}

/** Opens a stream where the first range can be read, and compares its history with the known one. */
type Open = (first: KeyRange, seen: SeenHistory | undefined) => Promise<OpenedWatch>;

const limits = { baseMs: 500, capMs: 30_000 };
/** The time for a server to begin a watch. */
const beginMs = 10_000;
/** A stream that ends earlier counts as a failure too. */
const steadyMs = 10_000;
/** The number of short streams in a row that counts as a failure; a single cut is normal. */
const shortStreams = 3;

const systemClock: WatchClock = {
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** An error of the listener ends only the stream; it gets `began` again. */
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
  /** The number of failed streams in a row. */
  failures = 0;
  /** The number among them that had begun. */
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
