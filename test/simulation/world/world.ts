/**
 * A world with its own time and its own chance. Everything that happens in it is an event with a
 * time; the same seed gives the same events in the same order.
 */
import { seeded } from '../../security/texts/mutate.ts';
import type { SimProcess } from './sim-process.ts';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly process: SimProcess | undefined;
  readonly run: () => void;
  cancelled: boolean;
}

export type Cancel = () => void;

/** The last lines of a run, for a person who looks why it failed. */
const tracedLines = 400;

/** Some work of the product is spread over turns of the event loop, which take no simulated time. */
const turnsOfEvent = 2;
/** Before the globals are replaced: the world itself lives in real turns. */
const realTurn = globalThis.setImmediate;

export class World {
  /** Milliseconds since the world began. */
  now = 0;
  /** Broken laws, the first one first. */
  readonly broken: string[] = [];
  readonly trace: string[] = [];
  events = 0;
  readonly random: () => number;
  #order = 0;
  #queue: Event[] = [];

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  /** An integer from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  pick<T>(all: readonly T[]): T | undefined {
    return all[Math.floor(this.random() * all.length)];
  }

  /** @param process in which it happens: a dead one does nothing, and a paused one does it later */
  after(ms: number, run: () => void, process?: SimProcess): Cancel {
    const event = {
      at: this.now + Math.max(0, ms),
      order: (this.#order += 1),
      process,
      run,
      cancelled: false,
    };
    push(this.#queue, event);
    return () => {
      event.cancelled = true;
    };
  }

  /** A law of the system does not hold. */
  breaks(law: string): void {
    this.say(`BROKEN: ${law}`);
    if (this.broken.length < 20) this.broken.push(`at ${this.now.toFixed(0)} ms: ${law}`);
  }

  say(line: string): void {
    this.trace.push(`${(this.now / 1000).toFixed(3).padStart(9)} ${line}`);
    if (this.trace.length > 2 * tracedLines) this.trace.splice(0, tracedLines);
  }

  /** Lets the time pass, until the time is over, a law is broken, or the condition holds. */
  async pass(ms: number, isEnough: () => boolean = () => false): Promise<void> {
    const end = this.now + ms;
    while (this.broken.length === 0) {
      const [next] = this.#queue;
      if (next === undefined || next.at > end) break;
      pop(this.#queue);
      if (next.cancelled) continue;
      this.now = Math.max(this.now, next.at);
      this.#happens(next);
      this.events += 1;
      for (let turn = 0; turn < turnsOfEvent; turn += 1) await new Promise(realTurn);
      if (isEnough()) return;
    }
    this.now = Math.max(this.now, end);
  }

  #happens({ process, run }: Event): void {
    if (process === undefined) return run();
    try {
      process.happens(run);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.breaks(`an error that nobody catches ends ${process.name}: ${text}`);
    }
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** A binary heap, the next event first. */
function push(heap: Event[], event: Event): void {
  let index = heap.push(event) - 1;
  for (;;) {
    const up = (index - 1) >> 1;
    const parent = heap[up];
    if (index === 0 || parent === undefined || isBefore(parent, event)) break;
    heap[index] = parent;
    index = up;
  }
  heap[index] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    const [one, other] = [heap[left], heap[left + 1]];
    if (one === undefined) break;
    const [child, place] =
      other !== undefined && isBefore(other, one) ? [other, left + 1] : [one, left];
    if (isBefore(last, child)) break;
    heap[index] = child;
    index = place;
  }
  heap[index] = last;
}
