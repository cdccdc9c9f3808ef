/** Becomes the one controller of a fleet that may write to a store that several share. */
import { AppError } from '../../../runtime/errors.ts';
import type { Leadership, Store } from '../../ports/store.ts';
import { fencedStore } from './fenced-store.ts';

export interface FleetLead {
  /** The store; it refuses writes while this process does not lead. */
  readonly store: Store;
  /** @returns why this process waits; undefined: it leads, or whether it can is not known */
  readonly standby: () => Promise<string | undefined>;
  /** Leads, if it does not yet. @throws AppError not-ready while another process leads */
  readonly claim: () => Promise<void>;
  /** Resolves when this process may not lead any more. */
  readonly lost: Promise<void>;
}

const leadershipName = 'fleet';

/** @param holder this process, for people */
export function leadFleet(store: Store, holder: string): FleetLead {
  let leadership: Leadership | undefined;
  let tellLost: () => void = () => undefined;
  const lost = new Promise<void>((resolve) => {
    tellLost = resolve;
  });
  /** @returns who leads; undefined: this process does */
  const lead = async (): Promise<string | undefined> => {
    if (leadership !== undefined) return undefined;
    const led = await store.lead(leadershipName, holder);
    if (typeof led === 'string') return led;
    leadership = led;
    led.lost.addEventListener('abort', tellLost);
    if (led.lost.aborted) tellLost();
    return undefined;
  };
  return {
    store: fencedStore(store, leadershipName, () => leadership),
    standby: async () => {
      const other = await lead().catch(() => undefined);
      return other === undefined ? undefined : waitsFor(other);
    },
    claim: async () => {
      const other = await lead();
      if (other === undefined) return;
      throw new AppError('not-ready', waitsFor(other), { retryable: true });
    },
    lost,
  };
}

function waitsFor(other: string): string {
  return `this controller stands by: ${other} leads; it takes over when that one is gone`;
}
