/** The client of a daemon's API over HTTPS, for commands on other machines. */
import https from 'node:https';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { AppError, reasonOf, systemCodeOf } from '../../errors.ts';
import { readSmallFile } from '../../files/read-small-file.ts';
import { readTokenFile } from '../../files/token-file.ts';
import { withDeadline } from '../../pacing/deadline.ts';
import { checkCertificates, checkKeyPair } from '../../tls/check-pem.ts';
import {
  endedEarly,
  exchange,
  isCut,
  refusalOf,
  timeoutError,
  type Answer,
  type ClientRequest,
  type UnixHttpClient,
} from '../unix-client.ts';
import { LedElsewhere } from './led-elsewhere.ts';

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
  const url = parseUrl(server.url);
  let credentials: Promise<Credentials> | undefined;
  return {
    request: async (request) => {
      credentials ??= readCredentials(server);
      const held = await credentials;
      try {
        return await ask(request, { url, shown: `"${server.url}"`, names: [hostOf(url)] }, held);
      } catch (error) {
        // It has refused before it did anything. One that stands by too is not followed further.
        if (!(error instanceof LedElsewhere) || error.code !== 'not-ready') throw error;
        const leader = new URL(error.leader);
        const shown = `"${error.leader}", the leader by the answer of "${server.url}"`;
        const names = [hostOf(leader), hostOf(url)];
        const besides = `"${server.url}" answered: ${error.message}`;
        return ask(request, { url: leader, shown, names, besides }, held);
      }
    },
  };
}

interface Place {
  readonly url: URL;
  /** For people. */
  readonly shown: string;
  /** The certificate has to be valid for one of them. */
  readonly names: readonly string[];
  /** What the server said that named this one, for the error where it does not answer. */
  readonly besides?: string;
}

async function ask(
  request: ClientRequest,
  { url, shown, names, besides }: Place,
  { authorization, ...tls }: Credentials,
): Promise<Answer> {
  const { port } = url;
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
              host: hostOf(url),
              port: port === '' ? 443 : Number(port),
              minVersion: 'TLSv1.2',
              // Node.js asks this about a certificate of a trusted authority only.
              checkServerIdentity: (_host, certificate) => wrongIdentity(names, certificate),
              headers: { ...options.headers, host: url.host, ...authorization },
            },
            take,
          ),
      });
    } catch (error) {
      const failure = deadline.isOver()
        ? timeoutError(shown, timeoutMs)
        : connectionError(shown, error, request);
      throw besides === undefined ? failure : withText(failure, besides);
    }
  });
  if (answer.status >= 200 && answer.status < 300) return answer;
  if (answer.status === 426) throw portOfAgents(shown);
  throw refusalOf(request, answer);
}

function portOfAgents(shown: string): AppError {
  const people = 'people have another one: api.listen in controller.yaml, usually 7844';
  return new AppError(
    'unexpected-answer',
    `cannot use ${shown}: it is the port of agents; ${people}`,
  );
}

/** @returns undefined: the certificate is valid for one of the names */
function wrongIdentity(names: readonly string[], certificate: PeerCertificate): Error | undefined {
  const errors = names.map((name) => checkServerIdentity(name, certificate));
  return errors.includes(undefined) ? undefined : errors[0];
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

function withText({ code, message, retryable, cause }: AppError, besides: string): AppError {
  return new AppError(code, `${message}; ${besides}`, { retryable, cause });
}

/** A name, or an address without brackets. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** Errors and logs show the URL of a server. @throws AppError usage, which does not repeat it */
export function refusePassword(url: string): void {
  if (!url.includes('@')) return;
  const message = 'cannot use the server: its URL has a name or password; write https://HOST:PORT';
  throw new AppError('usage', `${message}, and name the file of your token with --token-file`);
}

function parseUrl(text: string): URL {
  refusePassword(text);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.pathname === '/' && !/[?#]/.test(text);
  if (url?.protocol === 'https:' && isPlain) return url;
  throw new AppError('usage', `cannot use the server "${text}": write https://HOST:PORT`);
}

/** Codes of OpenSSL for a certificate that the client's authorities did not sign. */
const untrusted: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

function connectionError(
  shown: string,
  error: unknown,
  { method }: Pick<ClientRequest, 'method'>,
): AppError {
  if (error instanceof AppError) return error;
  const code = systemCodeOf(error) ?? '';
  const what = `cannot connect to ${shown}`;
  if (code === 'ECONNREFUSED') {
    const why = 'no program listens there; the API over HTTPS needs api.listen in controller.yaml';
    return new AppError('not-listening', `${what}: ${why}`, { cause: error, retryable: true });
  }
  if (untrusted.has(code)) {
    const why = `its certificate is of an unknown authority (${code}); name it with --ca-file`;
    return new AppError('access-denied', `${what}: ${why}`, { cause: error });
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = /altnames: (.*)$/s.exec(reasonOf(error))?.[1];
    const list = names === undefined ? '' : `: ${names}`;
    const why = `its certificate is for another name or address; use one that it has${list}`;
    return new AppError('access-denied', `${what}: ${why}`, { cause: error });
  }
  const reason = code === 'ECONNRESET' || code === 'EPIPE' ? endedEarly(method) : reasonOf(error);
  return new AppError('io-failed', `${what}: ${reason}`, {
    cause: error,
    retryable: isCut(code),
  });
}
