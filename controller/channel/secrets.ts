/** Reads the controller's token and certificates from files, and again on request. */
import { reasonOf } from '../../runtime/errors.ts';
import { readSmallFile } from '../../runtime/files/read-small-file.ts';
import { secretFileWarning } from '../../runtime/files/secret-file.ts';
import {
  checkCertificates,
  checkKeyPair,
  firstToEnd,
  invalidNow,
  type PlacedPem,
} from '../../runtime/tls/check-pem.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import type { OwnCertificates } from '../app/metrics/own-certificate-metrics.ts';
import type { Certificate } from './agents-server.ts';
import type { TokenCheck } from './token-check.ts';

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** The authorities that sign agents' certificates; absent: agents have none. */
  readonly clientCaFile?: string;
  /** controller.yaml names the certificate and its key, and not the options of the command. */
  readonly fromConfig?: true;
}

export interface SecretFiles {
  /** The token check, by the token as read at the start. */
  readonly mayEnter: TokenCheck;
  /** Reads the token again. */
  readonly loadToken: (file: string) => Promise<TokenCheck>;
  /** Absent: no token is accepted. */
  readonly tokenFile?: string;
  readonly tlsFiles?: TlsFiles;
  /** The certificate as read at the start. */
  readonly tls?: Certificate;
  /** The times of the certificate that people see; undefined: there is none. */
  readonly apiCertificate: () => OwnCertificates['api'];
}

/** Reads the files; one that cannot be used changes nothing. */
export function createSecrets(
  { mayEnter: first, loadToken, tokenFile, tlsFiles, tls, apiCertificate }: SecretFiles,
  logger: Logger,
): {
  readonly mayEnter: TokenCheck;
  readonly reload: (useCertificate: (certificate: Certificate) => void) => Promise<void>;
  /** The times of the certificates in use. */
  readonly certificates: () => OwnCertificates;
} {
  let mayEnter = first;
  let certificates = timesOf(tls);
  return {
    mayEnter: (authorization) => mayEnter(authorization),
    certificates: () => {
      const api = apiCertificate();
      return { ...certificates, ...(api && { api }) };
    },
    reload: async (useCertificate) => {
      if (tokenFile !== undefined) {
        await keepOnError('token', logger, async () => {
          mayEnter = await loadToken(tokenFile);
        });
      }
      if (tlsFiles === undefined) return;
      await keepOnError('certificate', logger, async () => {
        const read = await readTls(tlsFiles, logger);
        useCertificate(read);
        certificates = timesOf(read);
      });
    },
  };
}

function timesOf(tls: Certificate | undefined): OwnCertificates {
  const server = tls && firstToEnd(tls.cert);
  const authority = tls?.clientCa === undefined ? undefined : firstToEnd(tls.clientCa);
  return { ...(server && { server }), ...(authority && { authority }) };
}

/** All files that are read. */
export function secretFilesOf({
  tokenFile,
  tlsFiles,
}: Pick<SecretFiles, 'tokenFile' | 'tlsFiles'>): readonly string[] {
  const { certFile, keyFile, clientCaFile } = tlsFiles ?? {};
  return [tokenFile, certFile, keyFile, clientCaFile].filter((file) => file !== undefined);
}

async function keepOnError(what: string, logger: Logger, read: () => Promise<void>): Promise<void> {
  try {
    await read();
    logger.info(`the ${what} was read again`);
  } catch (error) {
    logger.error(`the ${what} stays as it was: ${reasonOf(error)}`);
  }
}

/** @param section of controller.yaml, for errors */
export async function readTls(
  { certFile, keyFile, clientCaFile, fromConfig }: TlsFiles,
  logger: Pick<Logger, 'warn' | 'error'>,
  section: 'tls' | 'api' = 'tls',
): Promise<Certificate> {
  const [forCertificate, forKey] =
    fromConfig === true
      ? [`${section}.certFile`, `${section}.keyFile`]
      : ['--tls-cert', '--tls-key'];
  const certificate = await readPem(certFile, `${forCertificate} "${certFile}"`);
  const key = await readPem(keyFile, `${forKey} "${keyFile}"`);
  checkKeyPair(certificate, key);
  const warning = await secretFileWarning('key file', keyFile);
  if (warning !== undefined) logger.warn(warning);
  const invalid = invalidNow(certificate, Date.now());
  const clients = section === 'tls' ? 'agents' : 'people';
  if (invalid !== undefined) logger.error(`${invalid}: ${clients} cannot connect`);
  const read = { cert: certificate.pem, key: key.pem };
  if (clientCaFile === undefined) return read;
  const clientCa = await readPem(clientCaFile, `${section}.clientCaFile "${clientCaFile}"`);
  checkCertificates(clientCa);
  const bad = invalidNow(clientCa, Date.now());
  if (bad !== undefined) logger.error(`${bad}: certificates that it signed are refused`);
  return { ...read, clientCa: clientCa.pem };
}

async function readPem(file: string, place: string): Promise<PlacedPem> {
  return { pem: await readSmallFile(file, place), place };
}
