/** Which adapters fail again and again: what of the agent does not work, and when it is tried again. */
import {
  degradedAdapters,
  degradedAfter,
  type AdapterName,
  type DegradedAdapter,
  type Failing,
} from '../../../core/degraded/adapters.ts';
import type { Clock } from '../../ports/clock.ts';

export interface AdapterHealth {
  /** The adapter works, or is not used any more. */
  succeeded(adapter: AdapterName): void;
  /** @param nextMs until the next attempt; undefined: it comes when something needs the adapter */
  failed(adapter: AdapterName, reason: string, nextMs: number | undefined): void;
  /** The same list as long as nothing changed. */
  degraded(): readonly DegradedAdapter[];
  /** Called after `degraded` changed. */
  onChange(listener: () => void): void;
}

/** The part with which an adapter reports its successes and failures. */
export type ReportHealth = Pick<AdapterHealth, 'succeeded' | 'failed'>;

export function createAdapterHealth({ now }: Pick<Clock, 'now'>): AdapterHealth {
  const failing = new Map<AdapterName, Failing>();
  const listeners: (() => void)[] = [];
  let list: readonly DegradedAdapter[] = [];
  const changed = (): void => {
    list = degradedAdapters(failing);
    for (const listener of listeners) listener();
  };
  return {
    degraded: () => list,
    onChange: (listener) => void listeners.push(listener),
    succeeded: (adapter) => {
      const before = failing.get(adapter);
      failing.delete(adapter);
      if (before !== undefined && before.attempts >= degradedAfter) changed();
    },
    failed: (adapter, reason, nextMs) => {
      const before = failing.get(adapter);
      const at = now();
      const attempts = (before?.attempts ?? 0) + 1;
      failing.set(adapter, {
        attempts,
        since: before?.since ?? at,
        reason,
        ...(nextMs !== undefined && { nextAttemptAt: later(at, nextMs) }),
      });
      if (attempts >= degradedAfter) changed();
    },
  };
}

function later(now: string, ms: number): string {
  return new Date(Date.parse(now) + Math.ceil(ms)).toISOString();
}
