import path from 'node:path';
import { readSmallFile } from './read-small-file.ts';

/** The text of PEM that stands in base64 or in a file; the first counts, as with kubectl. */
export async function pemOf(
  data: string | undefined,
  file: string | undefined,
  folder: string,
): Promise<string | undefined> {
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  return file === undefined ? undefined : readSmallFile(path.resolve(folder, file));
}
