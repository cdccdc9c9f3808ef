/** A lease of etcd that is renewed, and that reports when it may be over. */
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import { within } from '../../../runtime/pacing/within.ts';

export interface HeldLease {
  readonly id: string;
  /** Aborted when it is over, may be over, or is released. */
  readonly lost: AbortSignal;
  /** Whether it still holds by the clock, also before a timer that is late has aborted `lost`. */
  stands(): boolean;
  /** Aborts `lost`; the lease expires by itself. */
  end(): void;
  /** Revokes it, unless it is lost; if etcd does not answer, it expires by itself. */
  release(): Promise<void>;
}

type LeaseClient = Pick<EtcdClient, 'grantLease' | 'keepLease' | 'revokeLease'>;

/** @param isUsed asked with every renewal: the lease ends when what it is for is gone */
export async function holdLease(
  client: LeaseClient,
  ttlSeconds: number,
  isUsed: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<HeldLease> {
  const ttlMs = ttlSeconds * 1000;
  const lost = new AbortController();
  /** By the monotonic clock; from before the call, because etcd counts from its own answer. */
  let renewedAt = performance.now();
  const id = await client.grantLease(ttlSeconds);
  const end = (): void => {
    clearTimeout(deadline);
    clearTimeout(renewal);
    lost.abort();
  };
  let deadline = setTimeout(end, leftMs());
  let renewal = setTimeout(() => void renew(), ttlMs / 3);

  function leftMs(): number {
    return Math.max(0, renewedAt + ttlMs - performance.now());
  }
  async function renewed(): Promise<boolean> {
    // At once: etcd may be slow, and a renewal has a third of the lease.
    const [isKept, stands] = await Promise.all([client.keepLease(id), isUsed()]);
    return isKept && stands;
  }
  async function renew(): Promise<void> {
    const asked = performance.now();
    const answer = renewed().catch(() => undefined);
    // A call may hang for as long as the lease has left: another one is made before that.
    const stands = await within(answer, ttlMs / 3, () => undefined);
    if (lost.signal.aborted) return;
    if (stands === false) return end();
    if (stands === true) {
      renewedAt = asked;
      clearTimeout(deadline);
      deadline = setTimeout(end, leftMs());
    }
    // Without an answer there are a few more attempts until the deadline.
    renewal = setTimeout(() => void renew(), stands === true ? ttlMs / 3 : ttlMs / 10);
  }
  return {
    id,
    lost: lost.signal,
    stands: () => !lost.signal.aborted && leftMs() > 0,
    end,
    release: async () => {
      const isOver = lost.signal.aborted;
      end();
      if (!isOver) await client.revokeLease(id).catch(() => undefined);
    },
  };
}
