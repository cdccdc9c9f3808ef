/**
 * Makes the files of an authority. Each file is written whole, and one that is there stays, so a
 * run that was killed is completed by the next one.
 */
import { X509Certificate } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { AppError, fromSystemError, systemCodeOf } from '../../../runtime/errors.ts';
import { removeUnfinished, writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { readSmallFile } from '../../../runtime/files/read-small-file.ts';
import { authorityDigest } from '../../../runtime/tls/authority-digest.ts';
import { authorityFiles, readAuthority } from './authority-files.ts';
import { readServerNames, writeServerCertificate } from './server-certificate.ts';

export interface NewAuthority {
  readonly folder: string;
  readonly cluster: string;
  /** DNS names, and IPv4 or IPv6 addresses, of the controller; at least one. */
  readonly names: readonly string[];
  /** In ms since 1970. */
  readonly now: number;
}

export interface MadeAuthority {
  /** The files that this run made; none: all were there. */
  readonly made: readonly string[];
  readonly digest: string;
  /** Its certificate names this cluster. */
  readonly isOfCluster: boolean;
  /** The names in the certificate of the controller. */
  readonly names: readonly string[];
}

const authorityMs = 3650 * 86_400_000;

/** @throws AppError; a further run completes what is there */
export async function makeAuthority({
  folder,
  cluster,
  names,
  now,
}: NewAuthority): Promise<MadeAuthority> {
  const files = authorityFiles(folder);
  await makeFolder(folder);
  await removeUnfinished(folder);
  const made: string[] = [];
  const { newKey } = await import('../../../runtime/x509/key-pair.ts');
  const unlessThere = async (
    file: string,
    make: () => Promise<string>,
    mode = 0o600,
  ): Promise<void> => {
    if (await isThere(file)) return;
    await writeFileAtomic(file, await make(), { mode });
    made.push(file);
  };
  const { certFile, keyFile } = files;
  if ((await isThere(certFile)) && !(await isThere(keyFile))) throw withoutKey(certFile, keyFile);
  await unlessThere(keyFile, async () => (await newKey()).key);
  await unlessThere(certFile, () => selfSigned(keyFile, cluster, now), 0o644);
  await unlessThere(files.serverKeyFile, async () => (await newKey()).key);
  const authority = await readAuthority(files);
  await unlessThere(
    files.serverCertFile,
    async () => {
      const key = await readSmallFile(files.serverKeyFile);
      return writeServerCertificate({ names, key, validFrom: now }, authority);
    },
    0o644,
  );
  return {
    made,
    digest: authorityDigest(authority.certificate),
    isOfCluster: subjectOf(authority.certificate) === `CN=${nameFor(cluster)}`,
    names: await readServerNames(files),
  };
}

async function selfSigned(keyFile: string, cluster: string, now: number): Promise<string> {
  const { publicKeyOf, writeCertificate } = await import('../../../runtime/x509/certificate.ts');
  const key = await readSmallFile(keyFile);
  return writeCertificate(
    {
      commonName: nameFor(cluster),
      publicKey: publicKeyOf(key),
      validFrom: now,
      validUntil: now + authorityMs,
      use: { for: 'authority' },
    },
    { key },
  );
}

/** X.509 allows 64 characters. */
function nameFor(cluster: string): string {
  return `calico-controller of ${cluster}`.slice(0, 64);
}

function subjectOf(certificate: string): string {
  return new X509Certificate(certificate).subject;
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fromSystemError(`cannot make the folder "${folder}"`, error);
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return false;
    throw fromSystemError(`cannot read "${file}"`, error);
  }
}

function withoutKey(certFile: string, keyFile: string): AppError {
  return new AppError(
    'invalid-settings',
    `cannot use the authority "${certFile}": its key "${keyFile}" is missing; bring the key back, or move the certificate away to make a new authority`,
  );
}
