/**
 * The keys of the tickets with which agents resume their TLS sessions. They are kept over a restart, because
 * after it all agents come back together, and a resumed session costs a fraction of a whole handshake. They
 * are replaced after a week, so that a copy is of use no longer than the sessions are.
 */
import { createHash, createPrivateKey, hkdfSync, randomBytes } from 'node:crypto';
import path from 'node:path';
import { reasonOf } from '../../runtime/errors.ts';
import { writeFileAtomic } from '../../runtime/files/atomic-file.ts';
import { readTextFile } from '../../runtime/files/read-text-file.ts';
import type { Logger } from '../../runtime/log/logger.ts';

export interface TicketKeys {
  /** As stored: see ticketKeysOf. */
  current(): Buffer;
  /**
   * Replaces the keys if they are a week old. They are on disk before they are used; where the disk does
   * not take them, the old ones stay. Never rejects. @returns whether there are new ones
   */
  replaceIfDue(): Promise<boolean>;
  /** Looks every hour. @param replaced called after the keys were replaced @returns a function that ends it */
  follow(replaced: () => void): () => void;
}

interface Stored {
  readonly keys: Buffer;
  /** In ms since 1970. */
  readonly madeAt: number;
}

/** As Node.js wants them: a name, and the keys of HMAC and AES. */
const keyBytes = 48;
const fileName = 'tls-ticket-keys';
/** The version of the format, the keys in base64, and since version 2 when they were made. */
const form = /^(?:1 ([A-Za-z0-9+/]{64})|2 ([A-Za-z0-9+/]{64}) (\S{1,40}))\n$/;
const hourMs = 3_600_000;
/** As long as a session of TLS 1.3 may be resumed (RFC 8446, 4.6.1). */
export const sessionSeconds = 7 * 24 * 3600;

/**
 * The stored keys; where there are none, or they cannot be used, new ones. Never throws: without stored keys
 * agents make whole handshakes after the next restart.
 * @param now in ms since 1970
 */
export async function loadTicketKeys(
  stateDirectory: string,
  logger: Pick<Logger, 'warn'>,
  now: () => number = Date.now,
): Promise<TicketKeys> {
  const file = path.join(stateDirectory, fileName);
  let stored = await readOrMake(file, logger, now());
  let told: string | undefined;
  const replaceIfDue = async (): Promise<boolean> => {
    const age = now() - stored.madeAt;
    // A clock that was ahead made keys that would never be a week old.
    if (age < sessionSeconds * 1000 && age > -24 * hourMs) return false;
    try {
      stored = await makeKeys(file, now());
      told = undefined;
      return true;
    } catch (error) {
      const message = `the keys of TLS sessions stay as they were: ${reasonOf(error)}`;
      if (message !== told) logger.warn(message);
      told = message;
      return false;
    }
  };
  return {
    current: () => stored.keys,
    replaceIfDue,
    follow: (replaced) => {
      const look = async (): Promise<void> => {
        if (await replaceIfDue()) replaced();
      };
      const timer = setInterval(() => void look(), hourMs);
      return () => clearInterval(timer);
    },
  };
}

async function readOrMake(
  file: string,
  logger: Pick<Logger, 'warn'>,
  now: number,
): Promise<Stored> {
  try {
    const text = await readTextFile(file, 1024);
    const [, old, keys, madeAt = ''] = form.exec(text ?? '') ?? [];
    // Keys without a time are replaced at the first look.
    if (old !== undefined) return { keys: Buffer.from(old, 'base64'), madeAt: 0 };
    const time = Date.parse(madeAt);
    if (keys !== undefined && !Number.isNaN(time))
      return { keys: Buffer.from(keys, 'base64'), madeAt: time };
    if (text !== undefined) logger.warn(`"${file}" holds no ticket keys: it gets new ones`);
    return await makeKeys(file, now);
  } catch (error) {
    logger.warn(`TLS sessions of agents do not outlast a restart: ${reasonOf(error)}`);
    return { keys: randomBytes(keyBytes), madeAt: now };
  }
}

/** @throws AppError where they cannot be stored */
async function makeKeys(file: string, now: number): Promise<Stored> {
  const keys = randomBytes(keyBytes);
  await writeFileAtomic(file, `2 ${keys.toString('base64')} ${new Date(now).toISOString()}\n`);
  return { keys, madeAt: now };
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
