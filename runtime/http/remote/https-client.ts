/** The client of a daemon's API over HTTPS, for commands on other machines. */
import https from 'node:https';
import { AppError, reasonOf, systemCodeOf } from '../../errors.ts';
import { readSmallFile } from '../../files/read-small-file.ts';
import { readTokenFile } from '../../files/token-file.ts';
import { withDeadline } from '../../pacing/deadline.ts';
import { checkCertificates, checkKeyPair } from '../../tls/check-pem.ts';
import { exchange, isCut, refusalOf, timeoutError, type UnixHttpClient } from '../unix-client.ts';

export interface RemoteServer {
  /** `https://controller.example.org:7844` */
  readonly url: string;
  readonly tokenFile?: string;
  /** The authority of the server's certificate; absent: those of Node.js. */
  readonly caFile?: string;
  /** The client's own certificate and key, which go together. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

const defaultTimeoutMs = 30_000;

/** @throws AppError usage where the URL is none of HTTPS */
export function createHttpsClient(server: RemoteServer): UnixHttpClient {
  const { hostname, port, protocol, pathname } = parseUrl(server.url);
  if (protocol !== 'https:' || pathname !== '/') throw badUrl(server.url);
  const host = hostname.replace(/^\[|\]$/g, '');
  let credentials: Promise<Credentials> | undefined;
  return {
    request: async (request) => {
      credentials ??= readCredentials(server);
      const { authorization, ...tls } = await credentials;
      const { timeoutMs = defaultTimeoutMs, signal } = request;
      const answer = await withDeadline(timeoutMs, signal, async (deadline) => {
        try {
          return await exchange(request, {
            signal: deadline.signal,
            send: (options, take) =>
              https.request(
                {
                  ...options,
                  ...tls,
                  host,
                  port: port === '' ? 443 : Number(port),
                  minVersion: 'TLSv1.2',
                  headers: { ...options.headers, host: hostOf(hostname, port), ...authorization },
                },
                take,
              ),
          });
        } catch (error) {
          if (deadline.isOver()) throw timeoutError(server.url, timeoutMs);
          throw connectionError(server, error);
        }
      });
      if (answer.status >= 200 && answer.status < 300) return answer;
      throw refusalOf(request, answer);
    },
  };
}

interface Credentials {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly authorization: { readonly authorization?: string };
}

async function readCredentials({
  tokenFile,
  caFile,
  certFile,
  keyFile,
}: RemoteServer): Promise<Credentials> {
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new AppError(
      'usage',
      'cannot present a certificate: --cert-file and --key-file go together',
    );
  }
  const token = tokenFile === undefined ? undefined : await readTokenFile(tokenFile);
  const ca = caFile === undefined ? undefined : await readPem(caFile, '--ca-file');
  if (ca !== undefined) checkCertificates(ca);
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token.token}` };
  const read = { authorization, ...(ca !== undefined && { ca: ca.pem }) };
  if (certFile === undefined || keyFile === undefined) return read;
  const cert = await readPem(certFile, '--cert-file');
  const key = await readPem(keyFile, '--key-file');
  checkKeyPair(cert, key);
  return { ...read, cert: cert.pem, key: key.pem };
}

async function readPem(
  file: string,
  option: string,
): Promise<{ readonly pem: string; readonly place: string }> {
  const place = `${option} "${file}"`;
  return { pem: await readSmallFile(file, place), place };
}

function hostOf(hostname: string, port: string): string {
  return port === '' ? hostname : `${hostname}:${port}`;
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw badUrl(text);
  }
}

function badUrl(text: string): AppError {
  return new AppError('usage', `cannot use the server "${text}": write https://HOST:PORT`);
}

/** Codes of OpenSSL for a certificate that the client's authorities did not sign. */
const untrusted: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

function connectionError({ url }: RemoteServer, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = systemCodeOf(error) ?? '';
  const what = `cannot connect to "${url}"`;
  if (code === 'ECONNREFUSED') {
    const why = 'no program listens there; the API over HTTPS needs api.listen in controller.yaml';
    return new AppError('not-listening', `${what}: ${why}`, { cause: error, retryable: true });
  }
  if (untrusted.has(code)) {
    const why = `its certificate is of an unknown authority (${code}); name it with --ca-file`;
    return new AppError('access-denied', `${what}: ${why}`, { cause: error });
  }
  return new AppError('io-failed', `${what}: ${reasonOf(error)}`, {
    cause: error,
    retryable: isCut(code),
  });
}
