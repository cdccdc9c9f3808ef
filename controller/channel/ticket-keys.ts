/**
 * The keys of the tickets with which agents resume their TLS sessions. They are kept over a restart, because
 * after it all agents come back together, and a resumed session costs a fraction of a whole handshake.
 */
import { createHash, createPrivateKey, hkdfSync, randomBytes } from 'node:crypto';
import path from 'node:path';
import { reasonOf } from '../../runtime/errors.ts';
import { writeFileAtomic } from '../../runtime/files/atomic-file.ts';
import { readTextFile } from '../../runtime/files/read-text-file.ts';
import type { Logger } from '../../runtime/log/logger.ts';

/** As Node.js wants them: a name, and the keys of HMAC and AES. */
const keyBytes = 48;
const fileName = 'tls-ticket-keys';
/** The version of the format, and the keys in base64. */
const form = /^1 ([A-Za-z0-9+/]{64})\n$/;

/**
 * The stored keys; where there are none, or they cannot be used, new ones. Never throws: without stored keys
 * agents make whole handshakes after the next restart.
 */
export async function loadTicketKeys(
  stateDirectory: string,
  logger: Pick<Logger, 'warn'>,
): Promise<Buffer> {
  const file = path.join(stateDirectory, fileName);
  const keys = randomBytes(keyBytes);
  try {
    const text = await readTextFile(file, 1024);
    const stored = form.exec(text ?? '')?.[1];
    if (stored !== undefined) return Buffer.from(stored, 'base64');
    if (text !== undefined) logger.warn(`"${file}" holds no ticket keys: it gets new ones`);
    await writeFileAtomic(file, `1 ${keys.toString('base64')}\n`);
  } catch (error) {
    logger.warn(`TLS sessions of agents do not outlast a restart: ${reasonOf(error)}`);
  }
  return keys;
}

/**
 * The keys in use: derived from the stored ones (HKDF, RFC 5869) and the private key of the server, so
 * that a server with another key resumes no session that was made before.
 * @param serverKey PEM @throws where it is no key
 */
export function ticketKeysOf(stored: Buffer, serverKey: string): Buffer {
  const der = createPrivateKey(serverKey).export({ type: 'pkcs8', format: 'der' });
  const salt = createHash('sha256').update(der).digest();
  return Buffer.from(hkdfSync('sha256', stored, salt, 'calico-agent TLS tickets', keyBytes));
}
