import { hash, timingSafeEqual } from 'node:crypto';
import { userInfo } from 'node:os';
import { AppError, reasonOf } from '../../runtime/errors.ts';
import { readTokenFile } from '../../runtime/files/token-file.ts';
import type { Logger } from '../../runtime/log/logger.ts';

/** Whether an Authorization header has the token. */
export type TokenCheck = (authorization: string | undefined) => boolean;

/** Notes the digest of a token, in hexadecimal. @throws AppError where another cluster has it */
export type UseToken = (digest: string, file: string) => void;

const shortest = 16;

/** @throws AppError with a hint */
export async function loadTokenCheck(
  file: string,
  logger: Logger,
  useToken?: UseToken,
): Promise<TokenCheck> {
  const { token, warning } = await readTokenFile(file).catch((error: unknown) => {
    throw new AppError('invalid-settings', `${reasonOf(error)}; ${mendingOf(file, error)}`, {
      cause: error,
    });
  });
  if (token.length < shortest) {
    throw new AppError(
      'invalid-settings',
      `cannot use the token file "${file}": its token is shorter than ${String(shortest)} characters; ${newToken(file)}`,
    );
  }
  useToken?.(digest(token).toString('hex'), file);
  if (warning !== undefined) logger.warn(warning);
  return tokenCheck(token);
}

/**
 * A hint for a file that cannot be read: it may have the token of all agents, and a new one would
 * lock them out.
 */
function mendingOf(file: string, error: unknown): string {
  if (!(error instanceof AppError) || error.code !== 'access-denied') return newToken(file);
  const user = userInfo().username;
  return `let the user ${user} read it: chgrp ${user} ${file} && chmod 640 ${file}`;
}

function newToken(file: string): string {
  return `make one with: (umask 077; head -c 32 /dev/urandom | base64 -w 0 > ${file})`;
}

/** Compares digests, which always have the same length, in constant time. */
export function tokenCheck(token: string): TokenCheck {
  const expected = digest(token);
  return (authorization) => {
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    return given !== undefined && timingSafeEqual(digest(given), expected);
  };
}

function digest(text: string): Buffer {
  // In one step, which takes a quarter of the time: thousands of agents may come at once.
  return hash('sha256', text, 'buffer');
}
