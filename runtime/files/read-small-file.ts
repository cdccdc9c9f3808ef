import { AppError } from '../errors.ts';
import { readTextFile } from './read-text-file.ts';

const maxBytes = 1024 * 1024;

/** Reads a certificate, a key or a token, with a bound. @throws AppError that names the file */
export async function readSmallFile(file: string, place = `"${file}"`): Promise<string> {
  const text = await readTextFile(file, maxBytes, { place });
  if (text !== undefined) return text;
  throw new AppError('invalid-settings', `cannot read ${place}: no such file`);
}
