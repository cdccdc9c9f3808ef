/** The credentials of requests, which are read again when they may have changed. */
import { AppError } from '../../errors.ts';
import type { ClientCertificate, Identity } from './cluster-access.ts';
import { runExecPlugin } from './exec-credential.ts';
import { readSmallFile } from '../../files/read-small-file.ts';

/** The kubelet renews a pod's token long before its end; client-go looks as often. */
const tokenFileMs = 60_000;
/**
 * Time before its end at which it counts as ended, so that no request is under way with it then.
 */
const spareMs = 30_000;

export interface Credentials {
  readonly certificate?: ClientCertificate;
  /** Wall clock time in ms from which on the connection has to be made anew. */
  readonly validUntil?: number;
  /** The value of the header Authorization; undefined: there is none. */
  authorization(): Promise<string | undefined>;
}

export async function readCredentials(
  identity: Identity,
  environment: Readonly<Record<string, string | undefined>>,
  timeoutMs: number,
): Promise<Credentials> {
  const { exec, tokenFile, tokenPlace, token } = identity;
  if (exec !== undefined) {
    const found = await runExecPlugin(exec, environment, timeoutMs);
    const certificate = found.certificate ?? identity.certificate;
    const header = found.token === undefined ? undefined : bearer(found.token, 'the plugin');
    return {
      ...(certificate !== undefined && { certificate }),
      ...(found.validUntil !== undefined && { validUntil: found.validUntil - spareMs }),
      authorization: () => Promise.resolve(header),
    };
  }
  const withCertificate = identity.certificate && { certificate: identity.certificate };
  if (tokenFile !== undefined)
    return { ...withCertificate, authorization: fromFile(tokenFile, tokenPlace) };
  const header = token === undefined ? undefined : bearer(token, 'the settings or the kubeconfig');
  return { ...withCertificate, authorization: () => Promise.resolve(header) };
}

function fromFile(file: string, place = `tokenFile "${file}"`): () => Promise<string> {
  let known: { readonly header: string; readonly at: number } | undefined;
  return async () => {
    if (known !== undefined && performance.now() - known.at < tokenFileMs) return known.header;
    const header = bearer((await readSmallFile(file, place)).trim(), place);
    known = { header, at: performance.now() };
    return header;
  };
}

/** RFC 6750, 2.1: anything else would break the header, and show the token in the error. */
function bearer(token: string, source: string): string {
  if (/^[A-Za-z0-9\-._~+/]+=*$/u.test(token)) return `Bearer ${token}`;
  throw new AppError(
    'invalid-settings',
    `cannot use the token of ${source}: it is empty, or has characters that a token cannot have`,
  );
}
