/** Finds the authority of a controller by the digest of its key, before anything is sent to it. */
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { AppError } from '../../../runtime/errors.ts';
import { authorityDigest } from '../../../runtime/tls/authority-digest.ts';
import { withDeadline } from '../../../runtime/pacing/deadline.ts';
import { connectionReason, mayPass } from '../../../runtime/tls/connection-reasons.ts';
import { pemOf } from '../../../runtime/x509/pem.ts';
import type { ControllerPlace } from './ask-controller.ts';

const timeoutMs = 15_000;
const longestChain = 8;
const digestForm = /^sha256:[0-9a-f]{64}$/;

/**
 * Reads the certificates that the controller shows, and sends nothing. The next connection has to
 * be verified with the authority that was found.
 * @param digest as `calico-controller token create` prints it
 * @returns the authority, PEM @throws AppError where no shown certificate has this digest
 */
export async function pinAuthority(
  { base, what }: ControllerPlace,
  digest: string,
): Promise<string> {
  const wanted = digest.toLowerCase();
  if (!digestForm.test(wanted)) {
    throw new AppError('usage', '--ca-digest is sha256: and 64 hexadecimal characters');
  }
  const chain = await withDeadline(timeoutMs, undefined, ({ signal }) =>
    shownChain({ base, what }, signal),
  );
  const found = chain.find((one) => authorityDigest(one) === wanted);
  if (found !== undefined) return pemOf('CERTIFICATE', found);
  throw new AppError(
    'access-denied',
    `refusing ${what}: none of its certificates has the digest of --ca-digest; it is another program, or the digest is of another controller`,
  );
}

function shownChain(
  { base, what }: ControllerPlace,
  signal: AbortSignal,
): Promise<readonly Buffer[]> {
  const host = base.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(base.port === '' ? 443 : base.port),
      ...(isIP(host) === 0 && { servername: host }),
      // Nothing is sent on this connection, and its certificates are compared with the digest.
      rejectUnauthorized: false,
    });
    const fail = (reason: string, retryable: boolean): void => {
      socket.destroy();
      reject(new AppError('not-ready', `cannot reach ${what}: ${reason}`, { retryable }));
    };
    signal.addEventListener('abort', () => fail('no answer in time', true), { once: true });
    socket.once('error', (error) => {
      const places = { ca: '--ca-file', certificate: 'controller.identity' };
      fail(connectionReason(error, places) ?? 'the connection failed', mayPass(error));
    });
    socket.once('secureConnect', () => {
      const chain = certificatesOf(socket.getPeerCertificate(true));
      socket.destroy();
      resolve(chain);
    });
  });
}

/** A root is its own issuer. */
function certificatesOf(first: DetailedPeerCertificate): readonly Buffer[] {
  const chain: Buffer[] = [];
  let one: DetailedPeerCertificate | undefined = first;
  while (one?.raw !== undefined && chain.length < longestChain) {
    chain.push(one.raw);
    one = one.issuerCertificate === one ? undefined : one.issuerCertificate;
  }
  return chain;
}
