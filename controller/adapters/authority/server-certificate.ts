/** The certificate of the controller itself, from the authority of its folder. */
import { X509Certificate } from 'node:crypto';
import { renewalTime } from '../../../core/enrolment/renewal-times.ts';
import { writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { readSmallFile } from '../../../runtime/files/read-small-file.ts';
import { checkCertificates } from '../../../runtime/tls/check-pem.ts';
import {
  authorityFiles,
  readAuthority,
  type AuthorityFiles,
  type AuthorityKeys,
} from './authority-files.ts';

const serverMs = 90 * 86_400_000;

export interface ServerCertificate {
  /** DNS names, and IPv4 or IPv6 addresses. */
  readonly names: readonly string[];
  /** PEM. */
  readonly key: string;
  /** In ms since 1970. */
  readonly validFrom: number;
}

/** @returns the certificate with the authority behind it, PEM */
export async function writeServerCertificate(
  { names, key, validFrom }: ServerCertificate,
  { certificate, bundle, key: issuerKey }: AuthorityKeys,
): Promise<string> {
  const { publicKeyOf, serverName, writeCertificate } =
    await import('../../../runtime/x509/certificate.ts');
  const authorityEnd = Date.parse(new X509Certificate(certificate).validTo);
  const own = await writeCertificate(
    {
      commonName: names[0] ?? 'calico-controller',
      publicKey: publicKeyOf(key),
      validFrom,
      validUntil: Math.min(validFrom + serverMs, authorityEnd),
      use: { for: 'server', names: names.map(serverName) },
    },
    { certificate, key: issuerKey },
  );
  return own + bundle;
}

/**
 * Renews the certificate of the controller when two thirds of its life are over, and when the
 * authority is another one. The key and the names stay.
 * @param now in ms since 1970 @returns whether it was renewed
 * @throws AppError; then the old certificate stays
 */
export async function renewServerCertificate(folder: string, now: number): Promise<boolean> {
  const files = authorityFiles(folder);
  const authority = await readAuthority(files);
  const current = await readServerCertificate(files);
  const validFrom = Date.parse(current.validFrom);
  const due = renewalTime({ validFrom, validUntil: Date.parse(current.validTo) }, 0);
  // A clock that was far ahead made one that is not valid yet.
  const isInTime = now >= validFrom && now < due;
  if (isInTime && current.verify(new X509Certificate(authority.certificate).publicKey))
    return false;
  const key = await readSmallFile(files.serverKeyFile, `the key "${files.serverKeyFile}"`);
  const names = namesOf(current);
  const text = await writeServerCertificate({ names, key, validFrom: now }, authority);
  await writeFileAtomic(files.serverCertFile, text);
  return true;
}

/** @throws AppError invalid-settings */
export async function readServerNames(
  files: Pick<AuthorityFiles, 'serverCertFile'>,
): Promise<readonly string[]> {
  return namesOf(await readServerCertificate(files));
}

async function readServerCertificate({
  serverCertFile,
}: Pick<AuthorityFiles, 'serverCertFile'>): Promise<X509Certificate> {
  const place = `the certificate of the controller "${serverCertFile}"`;
  const pem = await readSmallFile(serverCertFile, place);
  checkCertificates({ pem, place });
  return new X509Certificate(pem);
}

/** As Node.js shows them: `DNS:controller.example.org, IP Address:10.0.0.10`. */
function namesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return subjectAltName.split(', ').map((name) => name.replace(/^(?:DNS|IP Address):/, ''));
}
