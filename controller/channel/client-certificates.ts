/** The certificates with which agents present themselves. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket, type PeerCertificate } from 'node:tls';
import type { CertificateFault } from '../../core/protocol/certificate-faults.ts';
import { identityOf, type NodeIdentity } from '../../core/protocol/node-identity.ts';

export interface CertifiedNode extends NodeIdentity {
  /** Times in ms since 1970. */
  readonly validFrom: number;
  readonly validUntil: number;
}

export type ReadCertificate =
  | { readonly kind: 'none' }
  | { readonly kind: 'fault'; readonly fault: CertificateFault; readonly name: string }
  | { readonly kind: 'certified'; readonly node: CertifiedNode };

const faults: Readonly<Record<string, CertificateFault>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  INVALID_PURPOSE: 'not-for-clients',
};

/** The cluster whose agents connect. */
export interface ServedCluster {
  readonly cluster: string;
  /**
   * A certificate without a cluster is refused: the controller serves other clusters too, and the same
   * authority may sign for them.
   */
  readonly mustNameCluster: boolean;
}

/**
 * Reads the certificate of a connection. The times are compared here as well: TLS does not verify
 * the certificate again where it resumes a session.
 * @param now in ms since 1970
 */
export function readCertificate(
  { socket }: Pick<IncomingMessage, 'socket'>,
  served: ServedCluster,
  now: number,
): ReadCertificate {
  if (!(socket instanceof TLSSocket)) return { kind: 'none' };
  // Not getPeerX509Certificate(): that of Node.js 20 never frees the certificate of the authority, 4 KB.
  const certificate = socket.getPeerCertificate();
  // Without a certificate the object is empty.
  if (Object.keys(certificate).length === 0) return { kind: 'none' };
  const read = judge(socket, certificate, served, now);
  if (typeof read !== 'string') return { kind: 'certified', node: read };
  return { kind: 'fault', fault: read, name: shownName(certificate) };
}

/** Whether the connection came with any certificate, also one that is refused. */
export function presentsCertificate(socket: Socket): boolean {
  // One that has ended has no certificate any more, not even an empty one.
  return (
    socket instanceof TLSSocket &&
    !socket.destroyed &&
    Object.keys(socket.getPeerCertificate()).length > 0
  );
}

function judge(
  socket: TLSSocket,
  certificate: PeerCertificate,
  { cluster, mustNameCluster }: ServedCluster,
  now: number,
): CertifiedNode | CertificateFault {
  // The types say Error; it is OpenSSL's code.
  const reason: unknown = socket.authorizationError;
  if (!socket.authorized) return faults[String(reason)] ?? 'unknown-authority';
  const validFrom = Date.parse(certificate.valid_from);
  const validUntil = Date.parse(certificate.valid_to);
  if (!(now <= validUntil)) return 'expired';
  if (!(now >= validFrom)) return 'not-yet-valid';
  const identity = identityOf({
    commonName: commonNameOf(certificate),
    alternativeNames: certificate.subjectaltname,
  });
  if (identity === undefined) return 'no-identity';
  if (identity.cluster === undefined && mustNameCluster) return 'no-cluster';
  if (identity.cluster !== undefined && identity.cluster !== cluster) return 'other-cluster';
  return { ...identity, validFrom, validUntil };
}

/** The types do not know certificates without a subject, and with several common names. */
function commonNameOf({
  subject,
}: {
  readonly subject?: { readonly CN?: string | readonly string[] };
}): string | readonly string[] | undefined {
  return subject?.CN;
}

/** A name for the log, with visible characters only. */
function shownName(certificate: PeerCertificate): string {
  const name = commonNameOf(certificate);
  return String(name ?? 'without a name')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 100);
}

/** Binds resumed sessions to the authority, so that none made under another one is resumed. */
export function sessionContext(clientCa: string): string {
  return createHash('sha256').update(clientCa).digest('hex').slice(0, 32);
}
