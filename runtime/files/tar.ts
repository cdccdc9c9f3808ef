/** Writes tar archives of small files in the form of POSIX (ustar). Reading is tar's work. */
import { Buffer } from 'node:buffer';

export interface TarEntry {
  /** At most 100 bytes of ASCII. */
  readonly name: string;
  readonly content: Buffer;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
}

const blockBytes = 512;

/**
 * The archive of the files, which have the mode 0600 and no owner. @throws RangeError for a long
 * name
 */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => [headerOf(entry), padded(entry.content)]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

function padded(content: Buffer): Buffer {
  const missing = (blockBytes - (content.length % blockBytes)) % blockBytes;
  return Buffer.concat([content, Buffer.alloc(missing)]);
}

function headerOf({ name, content, modifiedAt }: TarEntry): Buffer {
  if (!/^[\x21-\x7e]{1,100}$/.test(name)) throw new RangeError(`not a name for tar: ${name}`);
  const header = Buffer.alloc(blockBytes);
  header.write(name, 0, 'ascii');
  writeOctal(header, 100, 8, 0o600);
  writeOctal(header, 108, 8, 0);
  writeOctal(header, 116, 8, 0);
  writeOctal(header, 124, 12, content.length);
  writeOctal(header, 136, 12, Math.floor(modifiedAt));
  // The sum counts its own field as spaces.
  header.fill(' ', 148, 156);
  header.write('0', 156, 'ascii');
  header.write('ustar\u000000', 257, 'ascii');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'ascii');
  return header;
}

function writeOctal(header: Buffer, offset: number, bytes: number, value: number): void {
  header.write(value.toString(8).padStart(bytes - 1, '0'), offset, 'ascii');
}
