/**
 * A process of the simulated world. Its timers and clocks are its own: `simulated-globals.ts` gives
 * them to all code that runs in it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Cancel, World } from './world.ts';

const running = new AsyncLocalStorage<SimProcess>();

/** The simulated process that runs now; undefined: none, such as the test itself. */
export function processNow(): SimProcess | undefined {
  return running.getStore();
}

/** Midnight of 1 January 2026, when every world begins. */
const beginMs = Date.UTC(2026, 0, 1);

export class SimProcess {
  readonly world: World;
  readonly name: string;
  /** Where it runs, for the network. */
  readonly host: string;
  state: 'running' | 'paused' | 'dead' = 'running';
  /** How wrong the wall clock of its machine is. */
  wallErrorMs: number;
  readonly #began: number;
  #held: (() => void)[] = [];

  constructor(world: World, name: string, { host = name, wallErrorMs = 0 } = {}) {
    this.world = world;
    this.name = name;
    this.host = host;
    this.wallErrorMs = wallErrorMs;
    this.#began = world.now;
  }

  get isDead(): boolean {
    return this.state === 'dead';
  }

  /** Milliseconds of its monotonic clock. */
  elapsed(): number {
    return this.world.now - this.#began + 1000;
  }

  /** Milliseconds since 1970, by its wall clock. */
  wallClock(): number {
    return beginMs + Math.floor(this.world.now) + this.wallErrorMs;
  }

  after(ms: number, run: () => void): Cancel {
    return this.world.after(ms, run, this);
  }

  /** Resolves after this time, and never in a dead process. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  /** Runs something in this process. */
  in<T>(work: () => T): T {
    return running.run(this, work);
  }

  happens(run: () => void): void {
    if (this.state === 'dead') return;
    if (this.state === 'paused') this.#held.push(run);
    else this.in(run);
  }

  /** As kill -9: nothing of it runs any more. */
  kill(): void {
    this.state = 'dead';
    this.#held = [];
  }

  /** As SIGSTOP. */
  pause(): void {
    if (this.state === 'running') this.state = 'paused';
  }

  /** As SIGCONT: what came meanwhile happens now. */
  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'running';
    for (const run of this.#held.splice(0)) this.after(0, run);
  }
}
