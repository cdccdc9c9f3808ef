/**
 * ClusterShare by a Lease. Every write of it compares its resourceVersion. A holder writes only
 * while less than a safe part of the duration has passed since its last confirmed renewal, by the
 * monotonic and by the wall clock: one stands still while the machine sleeps, the other jumps. A
 * candidate takes an expired lease only after it has itself seen it unchanged for a whole
 * duration: the times written in it are for people.
 */
import { withHold, withRevision } from '../../../core/writer/writer-record.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import { createLimit } from '../../../runtime/pacing/limit.ts';
import type { Claim, WriterLease, Fence } from '../../ports/writer-lease.ts';
import {
  leaseSeconds,
  nodeOfHolder,
  readLease,
  recordOf,
  writeLease,
  type LeaseWrite,
  type StoredLease,
} from './lease-object.ts';

export interface WriterLeaseOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly node: () => string;
  /** RFC 3339. */
  readonly now: () => string;
  /** Never goes back, in ms. */
  readonly monotonic: () => number;
  /** Of this process: two agents of one node are two. */
  readonly processMark: string;
}

export interface KubernetesWriterLease extends WriterLease {
  /** Before a step: the lease is ours now, as the server says. @throws AppError writer-lease-lost */
  confirm(fence: Fence): Promise<void>;
  /** After a step: nobody took it or changed its record meanwhile. @throws AppError writer-lease-lost */
  recheck(fence: Fence): Promise<void>;
  /** How long a write may take that begins now, in ms. @throws AppError writer-lease-lost */
  allowance(fence: Fence): Promise<number>;
  /** Nothing runs in the background any more. */
  stop(): void;
}

const durationMs = leaseSeconds * 1000;
const renewMs = durationMs / 3;
/** No write begins later than this after a renewal, and none ends later than `lastMs`. */
const safeMs = (durationMs * 2) / 3;
const lastMs = (durationMs * 5) / 6;
const retryMs = 2000;
const maxTries = 5;
/** Whatever a lease says of its duration. */
const longestMs = 3_600_000;

interface Held {
  lease: StoredLease;
  /** Grows with each acquisition, and with each change of the record. */
  term: string;
  /** When the request was sent that renewed it. */
  monotonicMs: number;
  wallMs: number;
}

export function createWriterLease(options: WriterLeaseOptions): KubernetesWriterLease {
  const { client, namespace, node, now, monotonic, processMark } = options;
  /** Our own writes of the lease must not meet: one at a time. */
  const turn = createLimit(1);
  let held: Held | undefined;
  let terms = 0;
  /** What a candidate saw, and since when. */
  let watched: { readonly version: string; readonly sinceMs: number } | undefined;
  let timer: NodeJS.Timeout | undefined;

  const identity = (): string => `${node()}_${processMark}`;
  const nextTerm = (): string => {
    terms += 1;
    return `${identity()} ${String(terms)}`;
  };
  const write = async (
    former: StoredLease | undefined,
    content: Omit<LeaseWrite, 'at'>,
  ): Promise<(Omit<Held, 'term'> & { readonly lease: StoredLease }) | undefined> => {
    const at = now();
    const monotonicMs = monotonic();
    const lease = await writeLease(client, namespace, former, { ...content, at });
    return lease && { lease, monotonicMs, wallMs: Date.parse(at) };
  };
  const keep = (term: string, written: Omit<Held, 'term'>): Held => {
    held = { ...written, term };
    watched = undefined;
    schedule(renewMs);
    return held;
  };
  const drop = (): void => {
    held = undefined;
    clearTimeout(timer);
  };
  const schedule = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      void turn.run(renew).then(
        () => undefined,
        () => {
          if (held !== undefined) schedule(retryMs);
        },
      );
    }, ms);
    timer.unref();
  };

  /** @throws AppError writer-lease-lost where somebody else has it by now */
  const renew = async (): Promise<void> => {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const mine = held;
      if (mine === undefined) throw lost('it was given up');
      const written = await write(mine.lease, { holder: mine.lease.holder });
      if (held === undefined) throw lost('it was given up');
      if (written !== undefined) {
        keep(mine.term, written);
        return;
      }
      await look(mine);
    }
    throw lost('its lease is written by somebody else all the time');
  };
  /** Somebody may have written beside us. Another record ends what was begun under the former one. */
  const look = async (mine: Held): Promise<void> => {
    const found = await readLease(client, namespace);
    if (found === undefined || found.holder !== mine.lease.holder) {
      drop();
      throw lost(found === undefined ? 'its lease is gone' : holderText(found));
    }
    const term = found.recordText === mine.lease.recordText ? mine.term : nextTerm();
    held = { ...mine, lease: found, term };
  };

  const valid = (fence: Fence): Held => {
    if (held?.term === fence.term) return held;
    throw lost('it was lost or given up, or its record was changed, since the change began');
  };
  const confirm = (fence: Fence, isNeeded: () => boolean): Promise<void> =>
    turn.run(async () => {
      valid(fence);
      if (isNeeded()) await renew();
      valid(fence);
    });
  const ageOf = ({ monotonicMs, wallMs }: Held): number => {
    const wall = Date.parse(now()) - wallMs;
    return wall < 0 ? Infinity : Math.max(monotonic() - monotonicMs, wall);
  };

  const take = async (former: StoredLease | undefined): Promise<Claim | undefined> => {
    const isKept = former !== undefined && former.holder === identity();
    const record = former && recordOf(former);
    const transitions = (former?.transitions ?? -1) + 1;
    const written = await write(
      former,
      isKept ? { holder: identity() } : { holder: identity(), acquired: true, transitions },
    );
    if (written === undefined) return undefined;
    const isSame =
      isKept && held !== undefined && held.lease.recordText === written.lease.recordText;
    const { term } = keep(isSame && held !== undefined ? held.term : nextTerm(), written);
    return { held: true, fence: { term }, ...(record !== undefined && { record }) };
  };
  const mayTake = (lease: StoredLease): boolean => {
    if (lease.holder === '' || lease.holder === identity()) return true;
    if (watched?.version !== lease.version) {
      watched = { version: lease.version, sinceMs: monotonic() };
      return false;
    }
    const itsMs = Number.isFinite(lease.durationSeconds) ? lease.durationSeconds * 1000 : 0;
    const waitMs = Math.min(Math.max(itsMs, durationMs), longestMs);
    return monotonic() - watched.sinceMs >= waitMs;
  };
  /** As read, or made anew where there is none. */
  const change = async (
    what: string,
    content: (lease: StoredLease | undefined) => Omit<LeaseWrite, 'at'> | undefined,
  ): Promise<void> => {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const lease = await readLease(client, namespace);
      const wanted = content(lease);
      if (wanted === undefined) return;
      if ((await write(lease, wanted)) !== undefined) return;
    }
    throw busy(what);
  };

  return {
    read: async () => {
      const lease = await readLease(client, namespace);
      const record = lease && recordOf(lease);
      return {
        ...(lease !== undefined && lease.holder !== '' && { holder: nodeOfHolder(lease.holder) }),
        ...(record !== undefined && { record }),
      };
    },
    claim: () =>
      turn.run(async () => {
        for (let tries = 0; tries < maxTries; tries += 1) {
          const lease = await readLease(client, namespace);
          if (lease !== undefined && !mayTake(lease)) {
            drop();
            const record = recordOf(lease);
            const holder = nodeOfHolder(lease.holder);
            return { held: false, holder, ...(record !== undefined && { record }) };
          }
          const claim = await take(lease);
          if (claim !== undefined) return claim;
        }
        throw busy('claim the writer lease');
      }),
    record: (revision, fence, isCorrection = false) =>
      turn.run(async () => {
        const mine = valid(fence);
        const former = recordOf(mine.lease);
        const record = withRevision(former, revision, { by: node(), at: now(), isCorrection });
        if (record === former) return fence;
        const written = await write(mine.lease, { holder: mine.lease.holder, record });
        if (written === undefined || held === undefined)
          throw lost('its lease was written meanwhile');
        return { term: keep(nextTerm(), written).term };
      }),
    setHold: (hold) =>
      turn.run(() =>
        change('set the hold', (lease) => {
          const former = lease && recordOf(lease);
          if (hold === undefined && former?.hold === undefined) return undefined;
          return { record: withHold(former, hold, { by: node(), at: now() }) };
        }),
      ),
    release: () =>
      turn.run(async () => {
        const mine = held;
        drop();
        if (mine === undefined) return;
        await change('give up the writer lease', (lease) =>
          lease?.holder === mine.lease.holder ? { holder: '' } : undefined,
        );
      }),
    confirm: (fence) => confirm(fence, () => true),
    recheck: (fence) =>
      turn.run(async () => {
        await look(valid(fence));
        valid(fence);
      }),
    allowance: async (fence) => {
      const isOld = (): boolean => ageOf(valid(fence)) > safeMs;
      if (isOld()) await confirm(fence, isOld);
      return lastMs - ageOf(valid(fence));
    },
    stop: drop,
  };
}

function lost(why: string): AppError {
  return new AppError('writer-lease-lost', `cannot write what holds for all nodes: ${why}`, {
    retryable: true,
  });
}

function holderText({ holder }: StoredLease): string {
  return holder === '' ? 'nobody holds it' : `the agent of node "${nodeOfHolder(holder)}" has it`;
}

function busy(what: string): AppError {
  return new AppError('datastore-conflict', `cannot ${what}: somebody else writes the lease`, {
    retryable: true,
  });
}
