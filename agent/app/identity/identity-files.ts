/** The files of a node's identity in the state directory. */
import { createPrivateKey } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fromSystemError } from '../../../runtime/errors.ts';
import {
  removeFile,
  removeUnfinished,
  writeFileAtomic,
} from '../../../runtime/files/atomic-file.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import type { EnrolmentAnswer } from '../../../schemas/generated/enrolment-answer.ts';

export interface IdentityFiles {
  readonly folder: string;
  /** The certificate and its key in one file, so that both change at once. */
  readonly nodeFile: string;
  /** The authorities of the controller. */
  readonly authorityFile: string;
  /** The key of a request that has no answer yet. */
  readonly pendingKeyFile: string;
}

const maxBytes = 128 * 1024;

export function identityFiles(stateDirectory: string): IdentityFiles {
  const folder = path.join(stateDirectory, 'identity');
  return {
    folder,
    nodeFile: path.join(folder, 'node.pem'),
    authorityFile: path.join(folder, 'authority.pem'),
    pendingKeyFile: path.join(folder, 'pending.key'),
  };
}

/**
 * The key of the request that is to be made: that of a request without an answer, else a new one,
 * which is on disk before it is used. It never leaves this machine. The key of the certificate that
 * is there had its answer: another certificate gets another key, because that one may be stolen.
 * @throws AppError
 */
export async function keyForRequest({
  folder,
  nodeFile,
  pendingKeyFile,
}: IdentityFiles): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw fromSystemError(`cannot make the folder "${folder}"`, error);
  });
  await removeUnfinished(folder);
  const pending = await readTextFile(pendingKeyFile, maxBytes, { noLinks: true });
  const present = pending === undefined ? undefined : await readIdentity(nodeFile);
  if (isKey(pending) && present?.includes(pending.trim()) !== true) return pending;
  const { newKey } = await import('../../../runtime/x509/key-pair.ts');
  const { key } = await newKey();
  await writeFileAtomic(pendingKeyFile, key);
  return key;
}

/** Not one that a fault of the disk has damaged. */
function isKey(pem: string | undefined): pem is string {
  try {
    return pem !== undefined && createPrivateKey(pem).asymmetricKeyDetails !== undefined;
  } catch {
    return false;
  }
}

/**
 * Writes what the controller answered. The authorities come first: a new certificate is of no use
 * without them. @throws AppError; then the certificate and the key are as they were
 */
export async function keepIdentity(
  { nodeFile, authorityFile }: Pick<IdentityFiles, 'nodeFile' | 'authorityFile'>,
  { certificate, authority }: EnrolmentAnswer,
  key: string,
): Promise<void> {
  await writeFileAtomic(authorityFile, authority, { mode: 0o644 });
  await writeFileAtomic(nodeFile, certificate + key);
}

export function removePendingKey({ pendingKeyFile }: IdentityFiles): Promise<void> {
  return removeFile(pendingKeyFile);
}

/** The certificate and the key; undefined: there is no file. @throws AppError */
export function readIdentity(nodeFile: string): Promise<string | undefined> {
  return readTextFile(nodeFile, maxBytes, { noLinks: true });
}
