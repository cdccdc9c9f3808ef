/** The files of an authority of our own, in one folder. */
import { createPrivateKey } from 'node:crypto';
import path from 'node:path';
import { AppError } from '../../../runtime/errors.ts';
import { readSmallFile } from '../../../runtime/files/read-small-file.ts';
import { checkKeyPair } from '../../../runtime/tls/check-pem.ts';

export interface AuthorityFiles {
  /** The authority's certificate; further ones behind it are trusted, but do not sign. */
  readonly certFile: string;
  readonly keyFile: string;
  /** The certificate of the controller, with the authority behind it. */
  readonly serverCertFile: string;
  readonly serverKeyFile: string;
}

export interface AuthorityKeys {
  /** All certificates of the file, PEM. */
  readonly bundle: string;
  /** The first one, which signs. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

export function authorityFiles(folder: string): AuthorityFiles {
  return {
    certFile: path.join(folder, 'authority.pem'),
    keyFile: path.join(folder, 'authority.key'),
    serverCertFile: path.join(folder, 'server.pem'),
    serverKeyFile: path.join(folder, 'server.key'),
  };
}

/** @throws AppError invalid-settings */
export async function readAuthority({
  certFile,
  keyFile,
}: Pick<AuthorityFiles, 'certFile' | 'keyFile'>): Promise<AuthorityKeys> {
  const certificate = await placed(certFile, 'the certificate of the authority');
  const key = await placed(keyFile, 'the key of the authority');
  checkKeyPair(certificate, key);
  const { asymmetricKeyDetails } = createPrivateKey(key.pem);
  if (asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new AppError(
      'invalid-settings',
      `cannot use ${key.place}: it is not ECDSA P-256, the only kind of key with which the controller signs`,
    );
  }
  const [first = ''] = certificatesIn(certificate.pem);
  return { bundle: certificate.pem, certificate: first, key: key.pem };
}

/** The certificates of a file, each PEM. */
function certificatesIn(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n?/gu) ?? [];
}

async function placed(
  file: string,
  what: string,
): Promise<{ readonly pem: string; readonly place: string }> {
  const place = `${what} "${file}"`;
  return { pem: await readSmallFile(file, place), place };
}
