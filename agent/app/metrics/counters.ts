/** Counters of the running agent: a bounded number of plain numbers. */
import type { EventKind } from '../../../core/events/event.ts';
import type { Clock } from '../../ports/clock.ts';

/** Upper bounds in seconds. */
export const latencyBounds = [0.005, 0.025, 0.1, 0.5, 2, 10] as const;

export interface CallCount {
  readonly calls: number;
  readonly failures: number;
  readonly seconds: number;
  /** Number of calls between the previous bound and this one, for each bound. */
  readonly byBound: readonly number[];
}

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

const noCalls: CallCount = {
  calls: 0,
  failures: 0,
  seconds: 0,
  byBound: latencyBounds.map(() => 0),
};

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
    call: (name, seconds, hasFailed) => {
      const before = calls.get(name) ?? noCalls;
      const bound = latencyBounds.findIndex((most) => seconds <= most);
      calls.set(name, {
        calls: before.calls + 1,
        failures: before.failures + (hasFailed ? 1 : 0),
        seconds: before.seconds + seconds,
        byBound: before.byBound.map((count, index) => count + (index === bound ? 1 : 0)),
      });
    },
    read: () => ({ events, calls, passes, gateSeconds: gateMsNow() / 1000 }),
  };
}
