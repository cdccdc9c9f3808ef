/** The settings of a connection to etcd, of which the certificates and the password are files. */
import { withoutUndefined } from '../../../core/without-undefined.ts';
import { readSmallFile } from '../../../runtime/files/read-small-file.ts';
import { checkCertificates, checkKeyPair, type PlacedPem } from '../../../runtime/tls/check-pem.ts';
import type { EtcdConnection, EtcdTls } from '../../../runtime/etcd/connection.ts';

export interface EtcdConnectionFiles {
  readonly endpoints: readonly string[];
  readonly caFile?: string;
  /** Together with keyFile. */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Together with passwordFile. */
  readonly username?: string;
  readonly passwordFile?: string;
  /** Default: 10. */
  readonly timeoutSeconds?: number;
}

const defaultTimeoutSeconds = 10;

/** @throws AppError invalid-settings that names the setting and its file */
export async function readConnection(files: EtcdConnectionFiles): Promise<EtcdConnection> {
  const { endpoints, timeoutSeconds = defaultTimeoutSeconds } = files;
  const tls = await tlsOf(files);
  const auth = await authOf(files);
  return {
    endpoints: endpoints.map((url) => url.replace(/\/$/, '')),
    timeoutMs: timeoutSeconds * 1000,
    ...withoutUndefined({ tls, auth }),
  };
}

async function tlsOf(files: EtcdConnectionFiles): Promise<EtcdTls | undefined> {
  const [ca, cert, key] = await Promise.all([
    placedPem('caFile', files.caFile),
    placedPem('certFile', files.certFile),
    placedPem('keyFile', files.keyFile),
  ]);
  if (ca !== undefined) checkCertificates(ca);
  if (cert !== undefined && key !== undefined) checkKeyPair(cert, key);
  const tls = withoutUndefined({ ca: bytesOf(ca), cert: bytesOf(cert), key: bytesOf(key) });
  if (Object.keys(tls).length === 0) return undefined;
  return { ...tls, places: withoutUndefined({ ca: ca?.place, cert: cert?.place }) };
}

async function placedPem(
  setting: string,
  file: string | undefined,
): Promise<PlacedPem | undefined> {
  if (file === undefined) return undefined;
  const place = `${setting} "${file}"`;
  return { pem: await readSmallFile(file, place), place };
}

function bytesOf(placed: PlacedPem | undefined): Buffer | undefined {
  return placed && Buffer.from(placed.pem);
}

async function authOf({
  username,
  passwordFile,
}: EtcdConnectionFiles): Promise<EtcdConnection['auth']> {
  if (username === undefined || passwordFile === undefined) return undefined;
  const text = await readSmallFile(passwordFile, `passwordFile "${passwordFile}"`);
  return { username, password: text.replace(/\r?\n$/, '') };
}
