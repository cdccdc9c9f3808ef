/** Why no answer came, in words that say what to do. */
import { AppError, reasonOf, systemCodeOf } from '../errors.ts';
import type { ClusterAccess } from './cluster-access.ts';

const unknownCa =
  'its certificate is not signed by an authority that we know; name the right one (certificate-authority, caFile)';

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'it hung up',
  EPIPE: 'it hung up',
  UND_ERR_SOCKET: 'it hung up',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'no answer in time',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the name service does not answer',
  EPROTO: 'it does not speak TLS there',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS there',
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownCa,
  SELF_SIGNED_CERT_IN_CHAIN: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownCa,
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: "its certificate is not valid yet; look at this machine's clock",
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name; say which (tls-server-name)',
};

export function connectionFailure(
  what: string,
  { server, source }: ClusterAccess,
  error: unknown,
): AppError {
  if (error instanceof AppError) return error;
  const isDeadline = error instanceof Error && error.name === 'TimeoutError';
  const reason = isDeadline
    ? 'no answer in time'
    : (reasons[systemCodeOf(error) ?? ''] ?? reasonOf(error));
  return new AppError(
    'datastore-failed',
    `cannot ${what}: the API server ${server} (of the ${source}): ${reason}`,
    { retryable: true, cause: error },
  );
}
