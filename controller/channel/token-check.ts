import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError, reasonOf } from '../../runtime/errors.ts';
import { readTokenFile } from '../../runtime/token-file.ts';
import type { Logger } from '../../runtime/logger.ts';

/** Does an Authorization header carry the token? */
export type TokenCheck = (authorization: string | undefined) => boolean;

const shortest = 16;

/** @throws AppError that says how to make a token */
export async function loadTokenCheck(file: string, logger: Logger): Promise<TokenCheck> {
  const howTo = `make one with: (umask 077; head -c 32 /dev/urandom | base64 -w 0 > ${file})`;
  const { token, open } = await readTokenFile(file).catch((error: unknown) => {
    throw new AppError('invalid-settings', `${reasonOf(error)}; ${howTo}`, { cause: error });
  });
  if (token.length < shortest) {
    throw new AppError(
      'invalid-settings',
      `cannot use the token file "${file}": its token is shorter than ${String(shortest)} signs; ${howTo}`,
    );
  }
  if (open) {
    logger.warn(`others than its owner may read the token file "${file}": run chmod 600 ${file}`);
  }
  return tokenCheck(token);
}

/** In constant time: digests are compared, which have the same length whatever was sent. */
export function tokenCheck(token: string): TokenCheck {
  const expected = digest(token);
  return (authorization) => {
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    return given !== undefined && timingSafeEqual(digest(given), expected);
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
