/** Nodes that were revoked, and whose agents cannot connect again as they are. */
import type { NodeRecord } from '../nodes/node-record.ts';
import type { Revocations } from './revocations.ts';

/**
 * A revocation ends the connection of its node at once, after it was stored. A node that was here later than
 * that came back with a newer certificate, and may come back with it again.
 */
const endMs = 60_000;

/** Whether the node was revoked, and has not come back since with a newer certificate. */
export function isCutOff(
  { name, connection, lastSeenAt }: Pick<NodeRecord, 'name' | 'connection' | 'lastSeenAt'>,
  revocations: Pick<Revocations, 'revokedAt'> | undefined,
): boolean {
  if (connection !== undefined) return false;
  const at = revocations?.revokedAt(name);
  return at !== undefined && !(Date.parse(lastSeenAt) > at + endMs);
}
