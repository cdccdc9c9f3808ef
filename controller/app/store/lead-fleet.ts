/** Becomes the one controller of a fleet that may write to a store that several share. */
import { AppError } from '../../../runtime/errors.ts';
import { leaderKind, type Leadership, type LeaderNotice, type Store } from '../../ports/store.ts';
import { fencedStore } from './fenced-store.ts';

export interface FleetLead {
  /** The store; it refuses writes while this process does not lead. */
  readonly store: Store;
  /** What the others get to know of this process while it leads. */
  readonly own: LeaderNotice;
  /** @returns why this process waits; undefined: it leads, or whether it can is not known */
  readonly standby: () => Promise<string | undefined>;
  /**
   * What does not work while this process waits; `standby` names it too. @param reason undefined:
   * nothing
   */
  readonly hindered: (reason: string | undefined) => void;
  /** What `hindered` said last. */
  readonly hindrance: () => string | undefined;
  /** Leads, if it does not yet. @throws AppError not-ready while another process leads */
  readonly claim: () => Promise<void>;
  /**
   * The other process that leads, by the last answer of the store; undefined: this one leads, or
   * there was no answer yet.
   */
  readonly leader: () => LeaderNotice | undefined;
  /** Called each time that `leader` has become another one. @returns a function that ends this */
  readonly watchLeader: (changed: () => void) => () => void;
  /**
   * Called when the store may have another leader, or none: a reason to look at once. Without the
   * store's watch it is not called. @returns a function that ends this
   */
  readonly watchRecord: (changed: () => void) => () => void;
  /** Whether this process leads, by the clock: after a pause it may have lost that long ago. */
  readonly leads: () => boolean;
  /** Resolves when this process may not lead any more. */
  readonly lost: Promise<void>;
}

const leadershipName = 'fleet';

export function leadFleet(store: Store, own: LeaderNotice): FleetLead {
  let leadership: Leadership | undefined;
  let leader: LeaderNotice | undefined;
  let hindrance: string | undefined;
  const watchers = new Set<() => void>();
  let isLost = false;
  let end: () => void = () => undefined;
  const lost = new Promise<void>((resolve) => {
    end = resolve;
  });
  const tellLost = (): void => {
    isLost = true;
    end();
  };
  const found = (other: LeaderNotice | undefined): void => {
    const isSame = JSON.stringify(other) === JSON.stringify(leader);
    leader = other;
    if (!isSame) for (const changed of watchers) changed();
  };
  /** @returns who leads; undefined: this process does */
  const lead = async (): Promise<LeaderNotice | undefined> => {
    if (leadership !== undefined) return undefined;
    const led = await store.lead(leadershipName, own);
    if (!('token' in led)) {
      found(led);
      return led;
    }
    leadership = led;
    led.lost.addEventListener('abort', tellLost);
    if (led.lost.aborted) tellLost();
    found(undefined);
    return undefined;
  };
  return {
    store: fencedStore(store, leadershipName, () => leadership, tellLost),
    own,
    standby: async () => {
      const other = await lead().catch(() => undefined);
      if (other === undefined) return undefined;
      return [waitsFor(other), ...(hindrance === undefined ? [] : [hindrance])].join('; ');
    },
    hindered: (reason) => {
      hindrance = reason;
    },
    hindrance: () => hindrance,
    claim: async () => {
      const other = await lead();
      if (other === undefined) return;
      throw new AppError('not-ready', waitsFor(other), { retryable: true });
    },
    leader: () => leader,
    watchLeader: (changed) => {
      watchers.add(changed);
      return () => void watchers.delete(changed);
    },
    watchRecord: (changed) => watchRecord(store, changed),
    leads: () => !isLost && leadership?.stands() === true,
    lost,
  };
}

function watchRecord(store: Store, changed: () => void): () => void {
  const watching = store.watch(leaderKind, { changed, missed: changed });
  watching.catch(() => undefined);
  return () => {
    watching.then((unwatch) => unwatch()).catch(() => undefined);
  };
}

function waitsFor({ holder, people }: LeaderNotice): string {
  const where = people === undefined ? '' : `; people reach that one at https://${people}`;
  return `this controller stands by: ${holder} leads; it takes over when that one is gone${where}`;
}
