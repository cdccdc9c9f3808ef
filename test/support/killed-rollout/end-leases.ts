import type { RunningEtcd } from '../servers/etcd.ts';

/** Ends the leases of the leader, which otherwise outlive a killed controller by 15 s. */
export async function endLeases(etcd: Pick<RunningEtcd, 'etcdctl'>, prefix: string): Promise<void> {
  const fields = await etcd.etcdctl('get', '--prefix', '-w', 'fields', `${prefix}leader/`);
  for (const [, lease = '0'] of fields.matchAll(/"Lease" : (\d+)/gu)) {
    if (lease === '0') continue;
    try {
      await etcd.etcdctl('lease', 'revoke', BigInt(lease).toString(16));
    } catch (error) {
      // It has ended by itself since it was listed.
      if (!isNotFound(error)) throw error;
    }
  }
}

/** As etcdctl says it; it has one exit status for all errors. */
function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.message.includes('requested lease not found');
}
