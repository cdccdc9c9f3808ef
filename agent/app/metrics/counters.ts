/** Counters of the running agent: a bounded number of plain numbers. */
import type { EventKind } from '../../../core/events/event.ts';
import { noCalls, withCall, type CallCount } from '../../../core/metrics/latency.ts';
import type { Clock } from '../../ports/clock.ts';

export interface Counted {
  readonly events: ReadonlyMap<EventKind, number>;
  readonly calls: ReadonlyMap<string, CallCount>;
  readonly passes: number;
  /** Seconds for which changes have waited at gates. */
  readonly gateSeconds: number;
}

export interface Counters {
  event(kind: EventKind): void;
  pass(): void;
  /** Whether a change waits at a gate now. */
  atGate(isWaiting: boolean): void;
  /** @param name one of our own names, never a text from outside */
  call(name: string, seconds: number, hasFailed: boolean): void;
  read(): Counted;
}

export function createCounters({ elapsed }: Pick<Clock, 'elapsed'>): Counters {
  const events = new Map<EventKind, number>();
  const calls = new Map<string, CallCount>();
  let passes = 0;
  let gateMs = 0;
  let waitingSince: number | undefined;
  const gateMsNow = (): number =>
    gateMs + (waitingSince === undefined ? 0 : elapsed() - waitingSince);
  return {
    event: (kind) => void events.set(kind, (events.get(kind) ?? 0) + 1),
    pass: () => {
      passes += 1;
    },
    atGate: (isWaiting) => {
      if (isWaiting === (waitingSince !== undefined)) return;
      gateMs = gateMsNow();
      waitingSince = isWaiting ? elapsed() : undefined;
    },
    call: (name, seconds, hasFailed) =>
      void calls.set(name, withCall(calls.get(name) ?? noCalls, seconds, hasFailed)),
    read: () => ({ events, calls, passes, gateSeconds: gateMsNow() / 1000 }),
  };
}
