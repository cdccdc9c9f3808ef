/** The error for a request without an answer, with a hint. */
import { AppError } from '../errors.ts';
import { connectionReason } from '../tls/connection-reasons.ts';
import type { ClusterAccess } from './access/cluster-access.ts';

const places = {
  ca: 'certificate-authority of a kubeconfig, or datastore.caFile',
  certificate: 'client-certificate of a kubeconfig, or datastore.certFile',
  serverName: 'tls-server-name of a kubeconfig',
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
    : (connectionReason(error, places) ?? 'the connection failed');
  return new AppError(
    'datastore-failed',
    `cannot ${what}: the API server ${server} (from ${source}): ${reason}`,
    { retryable: true, cause: error },
  );
}
