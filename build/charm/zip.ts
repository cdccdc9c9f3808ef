/** Zip files that are the same to the byte for the same content, at any time and on any machine. */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer;
  /** With the type of file: a program, a plain file, a symbolic link. */
  readonly mode: number;
}

export async function writeZip(file: string, entries: readonly ZipEntry[]): Promise<void> {
  const zip = new ZipFile();
  // The earliest time of a zip file, in local time, as in DOS.
  const mtime = new Date(1980, 0, 1);
  const sorted = entries.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  for (const { name, content, mode } of sorted) {
    zip.addBuffer(content, name, { mode, mtime, forceDosTimestamp: true });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
}
