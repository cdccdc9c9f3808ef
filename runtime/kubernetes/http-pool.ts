/**
 * The HTTP client, in a module of its own: undici is loaded when the first request is made. Kept
 * connections, no pipelining, TLS as the access says.
 */
import { Pool } from 'undici';
import type { ClientCertificate, ClusterAccess } from './access/cluster-access.ts';

export type HttpPool = Pool;

const keepMs = 60_000;

export function createHttpPool(
  access: ClusterAccess,
  certificate: ClientCertificate | undefined,
  limits: { readonly connections: number | null; readonly timeoutMs: number },
): HttpPool {
  const { ca, serverName, insecure } = access;
  const { connections, timeoutMs } = limits;
  return new Pool(new URL(access.server).origin, {
    connections,
    pipelining: 1,
    keepAliveTimeout: keepMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: {
      timeout: timeoutMs,
      rejectUnauthorized: !insecure,
      ...(ca !== undefined && { ca }),
      ...(serverName !== undefined && { servername: serverName }),
      ...(certificate !== undefined && { cert: certificate.certificate, key: certificate.key }),
    },
  });
}
