/** How nodes presented themselves, and until when their certificates are valid. */
import type { KeptIdentity, NodeRecord } from './node-record.ts';

/**
 * The identity with the newest certificate that is known: an agent that has renewed it reports the
 * new one before it connects with it. Undefined: an older controller kept the node.
 */
export function identityOfNode({
  identity,
  status,
}: Pick<NodeRecord, 'identity' | 'status'>): KeptIdentity | undefined {
  if (identity?.by !== 'certificate') return identity;
  const ends = [identity.certificateUntil, status?.certificate?.validUntil]
    .map((text) => Date.parse(text ?? ''))
    .filter((ms) => !Number.isNaN(ms));
  if (ends.length === 0) return identity;
  return { by: 'certificate', certificateUntil: new Date(Math.max(...ends)).toISOString() };
}

/** Nodes that are away, and connected last from this address with the shared token. */
export function tokenNodesAt(records: readonly NodeRecord[], remote: string): readonly string[] {
  return records
    .filter(
      ({ connection, identity, address }) =>
        connection === undefined && identity?.by === 'shared-token' && address === remote,
    )
    .map(({ name }) => name);
}

export interface CertificateSummary {
  /** In ms since 1970; undefined: no connected node has a certificate. */
  readonly firstEnd: number | undefined;
  /** Connected nodes whose certificate is valid for less than a week from now. */
  readonly withinWeek: number;
  /** Connected nodes whose agent reports a problem of its certificate. */
  readonly troubled: number;
}

const weekMs = 7 * 86_400_000;

/** @param connected only these count @param now in ms since 1970 */
export function summarizeCertificates(
  connected: readonly NodeRecord[],
  now: number,
): CertificateSummary {
  let firstEnd: number | undefined;
  let withinWeek = 0;
  let troubled = 0;
  for (const record of connected) {
    const end = Date.parse(identityOfNode(record)?.certificateUntil ?? '');
    if (Number.isNaN(end)) continue;
    if (firstEnd === undefined || end < firstEnd) firstEnd = end;
    if (end - now < weekMs) withinWeek += 1;
    if (record.status?.certificate?.problem !== undefined) troubled += 1;
  }
  return { firstEnd, withinWeek, troubled };
}
