/** One stream of a watch, from its opening to its end. */
import { printable } from '../../core/printable.ts';
import { reasonOf } from '../errors.ts';
import type { OpenedWatch, WatchStream } from './endpoint.ts';
import type { SeenHistory } from './history.ts';
import type { KeyEvent, KeyRange } from './keys.ts';
import type { WatchAnswer, WatchEvent } from './protocol.ts';
import type { Progress } from './watch-progress.ts';

export interface StreamListener {
  changed(events: readonly KeyEvent[]): void;
  /** All ranges are watched. */
  began(): void;
  /** The stream has lasted for `steadyMs`. */
  steady(): void;
}

export interface StreamOptions {
  readonly open: (first: KeyRange, seen: SeenHistory | undefined) => Promise<OpenedWatch>;
  readonly ranges: readonly KeyRange[];
  readonly progress: Progress;
  readonly clock: { after(milliseconds: number, run: () => void): () => void };
  readonly beginMs: number;
  readonly steadyMs: number;
  readonly signal: AbortSignal;
}

export interface Ended {
  readonly hasBegun: boolean;
  readonly wasSteady: boolean;
  readonly reason: string;
}

const maxReason = 300;

/** Resolves with the reason for its end; never rejects, also if the listener throws. */
export async function followStream(
  options: StreamOptions,
  listener: StreamListener,
): Promise<Ended> {
  const [first] = options.ranges;
  if (first === undefined) return { ...notBegun, reason: 'nothing to watch' };
  try {
    const { progress } = options;
    const opened = await options.open(first, progress.history);
    if (!opened.continues) progress.lost();
    return await new Promise((resolve) => {
      const followed = new Followed(options, listener, opened, resolve);
      followed.begin();
    });
  } catch (error) {
    return { ...notBegun, reason: short(reasonOf(error)) };
  }
}

const notBegun = { hasBegun: false, wasSteady: false };

class Followed {
  readonly #options: StreamOptions;
  readonly #listener: StreamListener;
  readonly #stream: WatchStream;
  /** The newest write, until the stream reports another one. */
  #firstWrite: OpenedWatch['write'];
  readonly #resolve: (ended: Ended) => void;
  readonly #rangeOfWatch = new Map<string, number>();
  readonly #abort = (): void => this.#end('stopped');
  #callOff: () => void;
  #hasEnded = false;
  #wasSteady = false;

  constructor(
    options: StreamOptions,
    listener: StreamListener,
    { stream, write }: OpenedWatch,
    resolve: (ended: Ended) => void,
  ) {
    this.#options = options;
    this.#listener = listener;
    this.#stream = stream;
    this.#firstWrite = write;
    this.#resolve = resolve;
    this.#callOff = options.clock.after(options.beginMs, () =>
      this.#end('the server does not begin the watch'),
    );
  }

  begin(): void {
    const { ranges, progress, signal } = this.#options;
    this.#stream.on('error', (error) => this.#end(reasonOf(error)));
    this.#stream.on('end', () => this.#end('the server has ended the watch'));
    this.#stream.on('data', (answer) => this.#guarded(() => this.#take(answer)));
    signal.addEventListener('abort', this.#abort);
    if (signal.aborted) return this.#end('stopped');
    for (const [index, range] of ranges.entries()) {
      const from = progress.next(index);
      this.#stream.write({ range, ...(from !== undefined && { fromRevision: from }) });
    }
  }

  /** For calls from gRPC and timers, whose errors would end the process. */
  #guarded(work: () => void): void {
    if (this.#hasEnded) return;
    try {
      work();
    } catch (error) {
      // The listener may have missed an event, so everything is read anew.
      this.#options.progress.lost();
      this.#end(`what came cannot be used: ${reasonOf(error)}`);
    }
  }

  #take(answer: WatchAnswer): void {
    const { progress } = this.#options;
    // etcd also reports a watch as created that the user may not have, and cancels it.
    if (answer.canceled) {
      if (answer.compactRevision !== '0') progress.lost();
      return this.#end(`the server has cancelled the watch: ${answer.cancelReason}`);
    }
    this.#note(answer);
    if (answer.created) this.#rangeOfWatch.set(answer.watchId, this.#rangeOfWatch.size);
    const range = this.#rangeOfWatch.get(answer.watchId);
    if (range === undefined) return;
    if (answer.created && this.#hasBegun()) this.#begun();
    // While a watch catches up, the header is ahead of the events.
    const last = answer.events.at(-1)?.key.modified ?? answer.header.revision;
    if (!answer.created || progress.next(range) === undefined) progress.seen(range, last);
    if (answer.events.length > 0) this.#listener.changed(answer.events.map(eventOf));
  }

  #note({ header, events }: WatchAnswer): void {
    const last = events.findLast(({ isPut }) => isPut)?.key;
    const write =
      last === undefined ? this.#firstWrite : { key: last.key, revision: last.modified };
    this.#firstWrite = undefined;
    this.#options.progress.heard(header, write);
  }

  #begun(): void {
    const { clock, steadyMs } = this.#options;
    this.#callOff();
    this.#callOff = clock.after(steadyMs, () =>
      this.#guarded(() => {
        this.#wasSteady = true;
        this.#listener.steady();
      }),
    );
    this.#listener.began();
  }

  #hasBegun(): boolean {
    return this.#rangeOfWatch.size === this.#options.ranges.length;
  }

  #end(reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#callOff();
    this.#options.signal.removeEventListener('abort', this.#abort);
    this.#resolve({
      hasBegun: this.#hasBegun(),
      wasSteady: this.#wasSteady,
      reason: short(reason),
    });
    this.#stream.cancel();
  }
}

function eventOf({ isPut, key: stored, previous }: WatchEvent): KeyEvent {
  const { key, value, modified: revision } = stored;
  if (isPut) return { type: 'put', key, value, revision };
  const before = previous === undefined ? {} : { previous: previous.value };
  return { type: 'delete', key, revision, ...before };
}

function short(reason: string): string {
  const text = printable(reason);
  return text.length > maxReason ? `${text.slice(0, maxReason)}…` : text;
}
