import { AppError } from '../errors.ts';
import { readTextFile } from './read-text-file.ts';
import { secretFileWarning } from './secret-file.ts';

export interface TokenFile {
  readonly token: string;
  /** A warning, if other users can read or change the file. */
  readonly warning?: string;
}

const maxBytes = 4096;

/**
 * The secret of the control channel: the file's text without the white space around it.
 * @throws AppError, never with the token
 */
export async function readTokenFile(file: string): Promise<TokenFile> {
  const token = (await readTextFile(file, maxBytes))?.trim();
  if (token === undefined) throw refused('not-found', file, 'no such file');
  if (token === '') throw refused('invalid-settings', file, 'it is empty');
  // The characters that a header can have (RFC 6750, 2.1); others would fail later, with an unclear
  // error.
  if (!/^[A-Za-z0-9\-._~+/]+=*$/.test(token)) {
    throw refused(
      'invalid-settings',
      file,
      'it has more than one word, or characters that a token cannot have',
    );
  }
  const warning = await secretFileWarning('token file', file);
  return { token, ...(warning !== undefined && { warning }) };
}

function refused(code: 'not-found' | 'invalid-settings', file: string, reason: string): AppError {
  return new AppError(code, `cannot read the token file "${file}": ${reason}`);
}
