/** Reads the controller's token and certificate from files, and again on request. */
import { reasonOf } from '../../runtime/errors.ts';
import { readSmallFile } from '../../runtime/files/read-small-file.ts';
import { secretFileWarning } from '../../runtime/files/secret-file.ts';
import { checkKeyPair, type PlacedPem } from '../../runtime/tls/check-pem.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import type { Certificate } from './agents-server.ts';
import { loadTokenCheck, type TokenCheck } from './token-check.ts';

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface SecretFiles {
  /** The token check, by the token as read at the start. */
  readonly mayEnter: TokenCheck;
  readonly tokenFile: string;
  readonly tlsFiles?: TlsFiles;
}

/** Reads the files; one that cannot be used changes nothing. */
export function createSecrets(
  { mayEnter: first, tokenFile, tlsFiles }: SecretFiles,
  logger: Logger,
): {
  readonly mayEnter: TokenCheck;
  readonly reload: (useCertificate: (certificate: Certificate) => void) => Promise<void>;
} {
  let mayEnter = first;
  return {
    mayEnter: (authorization) => mayEnter(authorization),
    reload: async (useCertificate) => {
      await keepOnError('token', logger, async () => {
        mayEnter = await loadTokenCheck(tokenFile, logger);
      });
      if (tlsFiles === undefined) return;
      await keepOnError('certificate', logger, async () => {
        useCertificate(await readTls(tlsFiles, logger));
      });
    },
  };
}

async function keepOnError(what: string, logger: Logger, read: () => Promise<void>): Promise<void> {
  try {
    await read();
    logger.info(`the ${what} was read again`);
  } catch (error) {
    logger.error(`the ${what} stays as it was: ${reasonOf(error)}`);
  }
}

export async function readTls(
  { certFile, keyFile }: TlsFiles,
  logger: Pick<Logger, 'warn'>,
): Promise<Certificate> {
  const certificate = await readPem(certFile, `--tls-cert "${certFile}"`);
  const key = await readPem(keyFile, `--tls-key "${keyFile}"`);
  checkKeyPair(certificate, key);
  const warning = await secretFileWarning('key file', keyFile);
  if (warning !== undefined) logger.warn(warning);
  return { cert: certificate.pem, key: key.pem };
}

async function readPem(file: string, place: string): Promise<PlacedPem> {
  return { pem: await readSmallFile(file, place), place };
}
