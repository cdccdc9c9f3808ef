import type { EtcdClient } from './etcd-client.ts';

export interface KeptLease {
  readonly id: string;
  /** Renews it no more: it expires, or is revoked. */
  stop(): void;
}

/**
 * Renews a lease in the background. It does not report whether the lease still exists: a writer
 * compares a key that is bound to it, on the server.
 */
export function keepLease(
  client: Pick<EtcdClient, 'keepLease'>,
  id: string,
  ttlSeconds: number,
): KeptLease {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const next = (): void => {
    if (stopped) return;
    timer = setTimeout(() => void renew(), (ttlSeconds * 1000) / 3);
    timer.unref();
  };
  const renew = async (): Promise<void> => {
    const stands = await client.keepLease(id).catch(() => true);
    if (stands) next();
  };
  next();
  return {
    id,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
