/** Texts about a failed connection to the controller, with what a person can do. */
import type { IncomingMessage } from 'node:http';
import {
  certificateFaultHeader,
  certificateFaultOf,
  certificateFaults,
} from '../../core/protocol/certificate-faults.ts';
import { reasonOf, systemCodeOf } from '../../runtime/errors.ts';

export interface DialFailure {
  readonly message: string;
  readonly retryAfterMs?: number;
}

const unknownCa =
  'its certificate is not signed by an authority that this machine knows; name the authority in caFile';

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'no program listens there',
  ECONNRESET: 'it hung up',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ETIMEDOUT: 'no answer',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the name service does not answer',
  EPROTO: 'it does not speak TLS there',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS there',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS there',
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownCa,
  SELF_SIGNED_CERT_IN_CHAIN: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownCa,
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: "its certificate is not valid yet; check this machine's clock",
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

export function connectionFailure(host: string, error: unknown): DialFailure {
  const reason = reasons[systemCodeOf(error) ?? ''] ?? reasonOf(error);
  return { message: `cannot connect to the controller "${host}": ${reason}` };
}

/** What the agent presents if the controller asks for no certificate. */
export type Credential = 'token' | 'certificate';

export function answerFailure(
  host: string,
  response: IncomingMessage,
  credential: Credential,
): DialFailure {
  const message = `cannot connect to the controller "${host}": ${answerReason(response, credential)}`;
  const retryAfterMs = retryAfter(response.headers['retry-after'], Date.now());
  return retryAfterMs === undefined ? { message } : { message, retryAfterMs };
}

function answerReason(
  { statusCode: status = 0, headers }: IncomingMessage,
  credential: Credential,
): string {
  switch (status) {
    case 401:
      return credential === 'token'
        ? 'the controller refuses the token'
        : 'the controller asks for no certificate, and takes the shared token only (tls.clientCaFile in controller.yaml)';
    case 403:
      return certificateReason(headers[certificateFaultHeader]);
    case 404:
      return 'there is no calico-controller at this address';
    case 429:
      return 'this agent asks the controller too often';
    case 503:
      return 'the controller has no room at the moment';
    default:
      return `it answered ${String(status)} and opened no channel`;
  }
}

/** Our own text, because any server may answer. */
function certificateReason(header: string | readonly string[] | undefined): string {
  const fault = certificateFaultOf(typeof header === 'string' ? header : undefined);
  if (fault === undefined) return 'the controller does not admit this machine';
  return `the controller refuses the certificate of this node (controller.identity): ${certificateFaults[fault]}`;
}

const longestMs = 3_600_000;

/**
 * The pause in ms, from seconds or a date (RFC 9110, 10.2.3); bounded, so that no controller can
 * stop an agent for good.
 */
export function retryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), longestMs);
}
