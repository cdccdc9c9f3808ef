/** Decides which connections become agents: by their certificate, else by the shared token. */
import type { IncomingMessage } from 'node:http';
import {
  certificateFaultHeader,
  certificateFaults,
  type CertificateFault,
} from '../../core/protocol/certificate-faults.ts';
import type { RefusedIdentities } from '../app/identity/refused-identities.ts';
import {
  presentsCertificate,
  readCertificate,
  type CertifiedNode,
  type ServedCluster,
} from './client-certificates.ts';
import type { TokenCheck } from './token-check.ts';

export type Admission =
  /** Without `node` the agent presented the shared token. */
  | { readonly ok: true; readonly node?: CertifiedNode }
  | { readonly ok: false; readonly refusal: Refusal };

export interface Refusal {
  readonly status: number;
  readonly headers?: readonly string[];
  /** For the log; absent: the text of the status. */
  readonly reason?: string;
}

export type Admit = (request: Pick<IncomingMessage, 'socket' | 'headers'>) => Admission;

export type AsksToken = (request: Pick<IncomingMessage, 'socket' | 'headers'>) => boolean;

export interface AdmissionDeps extends ServedCluster {
  readonly mayEnter: TokenCheck;
  readonly isRevoked: (node: CertifiedNode) => boolean;
  /** Counts refusals. */
  readonly counts: Pick<RefusedIdentities, 'count'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A certificate that is not accepted is refused, also beside the right token. */
export function createAdmission(deps: AdmissionDeps): Admit {
  const { mayEnter, isRevoked, counts, now } = deps;
  const refused = (fault: CertificateFault, name: string): Admission => {
    counts.count(`certificate-${fault}`);
    return refusedFor(fault, name);
  };
  return (request) => {
    const read = readCertificate(request, deps, now());
    if (read.kind === 'fault') return refused(read.fault, read.name);
    if (read.kind === 'certified') {
      const { node } = read;
      return isRevoked(node) ? refused('revoked', node.node) : { ok: true, node };
    }
    if (mayEnter(request.headers.authorization)) return { ok: true };
    counts.count('unknown-token');
    const hasToken = request.headers.authorization !== undefined;
    const reason = hasToken
      ? 'its token is not accepted'
      : 'it has neither a certificate nor a token';
    return { ok: false, refusal: { status: 401, headers: ['WWW-Authenticate: Bearer'], reason } };
  };
}

/**
 * Whether the agent presents the shared token alone. Nothing that is stored decides whether it may connect; whether
 * its node is revoked is asked when its hello names the node.
 */
export function presentsToken({ mayEnter }: Pick<AdmissionDeps, 'mayEnter'>): AsksToken {
  // The token first: reading a certificate takes longer than all the rest, and where there is no token it is not read.
  return ({ socket, headers }) => mayEnter(headers.authorization) && !presentsCertificate(socket);
}

function refusedFor(fault: CertificateFault, name: string): Admission {
  const headers = [`${certificateFaultHeader}: ${fault}`];
  const reason = `${certificateFaults[fault]} (${name})`;
  return { ok: false, refusal: { status: 403, headers, reason } };
}
