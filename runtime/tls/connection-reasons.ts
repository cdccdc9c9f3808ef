/** Texts with hints for Node's and OpenSSL's codes of failed connections. */
import { systemCodeOf } from '../errors.ts';

export interface ConnectionPlaces {
  /** The setting of the authority: `caFile in agent.yaml`. */
  readonly ca: string;
  /** The setting of the client certificate. */
  readonly certificate: string;
  /** The setting of the name that the server's certificate must have; absent: there is none. */
  readonly serverName?: string;
}

type Reason = string | ((places: ConnectionPlaces) => string);

const unknownAuthority: Reason = ({ ca }) =>
  `its certificate is not signed by an authority that is known here; name the right one (${ca})`;
const noTls = 'it does not speak TLS there: write http:// where it has none, or use its TLS port';
const wantsCertificate: Reason = ({ certificate }) =>
  `it wants a client certificate (${certificate})`;
const refusesCertificate: Reason = ({ certificate }) =>
  `it refuses the client certificate: it trusts another authority, or the certificate has ended (${certificate})`;

const reasons: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: 'no program listens there',
  ECONNRESET: 'it hung up',
  EPIPE: 'it hung up',
  UND_ERR_SOCKET: 'it hung up',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  EADDRNOTAVAIL: 'there is no route to it',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'no answer in time',
  UND_ERR_HEADERS_OVERFLOW: 'it does not speak HTTP there',
  HPE_INVALID_CONSTANT: 'it does not speak plain HTTP there; write https://',
  HPE_INVALID_VERSION: 'it does not speak plain HTTP there; write https://',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the name service does not answer',
  EPROTO: noTls,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  ERR_SSL_HTTP_REQUEST: noTls,
  ERR_SSL_UNEXPECTED_MESSAGE: noTls,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  CERT_SIGNATURE_FAILURE: unknownAuthority,
  CERT_HAS_EXPIRED: 'its certificate has expired: renew it there',
  CERT_NOT_YET_VALID: "its certificate is not valid yet; check this machine's clock",
  ERR_TLS_CERT_ALTNAME_INVALID: ({ serverName }) =>
    serverName === undefined
      ? 'its certificate is for another name or address: use one that the certificate has'
      : `its certificate is for another name; use one that it has, or name it (${serverName})`,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: wantsCertificate,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: wantsCertificate,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: refusesCertificate,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: refusesCertificate,
  ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: refusesCertificate,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: ({ certificate }) =>
    `the client certificate has expired (${certificate})`,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: refusesCertificate,
};

/** The reason, never with a library's own text; undefined: no known code. */
export function connectionReason(error: unknown, places: ConnectionPlaces): string | undefined {
  const code = codeOf(error);
  const known = reasons[code ?? ''];
  if (known !== undefined) return typeof known === 'string' ? known : known(places);
  return code === undefined ? undefined : `the connection failed (${code})`;
}

/** Failures that may pass by themselves: the other side starts, the network comes, a clock is set. */
const passing: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CERT_NOT_YET_VALID',
]);

/** Whether a further attempt may succeed although nobody changes a setting. */
export function mayPass(error: unknown): boolean {
  return passing.has(codeOf(error) ?? '');
}

/** The code; several addresses of one name fail together. */
function codeOf(error: unknown): string | undefined {
  const own = systemCodeOf(error);
  if (own !== undefined && own !== 'UND_ERR_SOCKET') return own;
  const inner = error instanceof Error ? systemCodeOf(error.cause) : undefined;
  return inner ?? own;
}
