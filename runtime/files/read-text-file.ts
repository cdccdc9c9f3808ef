import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { describeBytes } from '../../core/input/foreign-bytes.ts';
import { AppError, fromSystemError, systemCodeOf } from '../errors.ts';

export interface ReadTextOptions {
  /** Also reads a pipe, as a shell's `<(command)` gives one, and waits for its writer. */
  readonly pipes?: boolean;
  /** Refuses a symbolic link in the place of the file. */
  readonly noLinks?: boolean;
  /** Called with the open file before it is read; throws to refuse it. */
  readonly opened?: (fd: number) => Promise<void>;
  /** Keeps a byte order mark, for a text that is written back. */
  readonly keepsMark?: boolean;
  /** The file's name in errors, such as the setting that names it. Default: its path in quotes. */
  readonly place?: string;
}

const firstBytes = 4096;

/**
 * Reads a UTF-8 file of at most `maxBytes`; undefined: there is none. Never waits: refuses a pipe,
 * a device, a socket or a folder in its place without blocking.
 * @throws AppError corrupt-file if it is no file or no text, payload-too-large
 */
export async function readTextFile(
  file: string,
  maxBytes: number,
  options: ReadTextOptions = {},
): Promise<string | undefined> {
  const { place = `"${file}"`, keepsMark = false } = options;
  try {
    const handle = await open(file, flagsOf(options));
    try {
      const stats = await handle.stat();
      refuseOther(place, stats, options);
      await options.opened?.(handle.fd);
      const { size } = stats;
      if (size > maxBytes) throw tooLarge(place, maxBytes);
      // A file may grow while it is read, and those under /proc say size 0: read until its end. A
      // buffer of the largest size would cost more than everything else, each time.
      let bytes = Buffer.alloc(size === 0 ? firstBytes : size + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length, null);
        length += bytesRead;
        if (length > maxBytes) throw tooLarge(place, maxBytes);
        if (bytesRead === 0) break;
        if (length === bytes.length) bytes = Buffer.concat([bytes], 2 * bytes.length);
      }
      const read = bytes.subarray(0, length);
      const what = describeBytes(read);
      if (what !== undefined) throw foreign(place, what);
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: keepsMark }).decode(read);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const failure = failureOf(place, error, options);
    if (failure.code === 'not-found') return undefined;
    throw failure;
  }
}

function foreign(place: string, what: string): AppError {
  return new AppError('corrupt-file', `cannot read ${place}: it is ${what}`);
}

function flagsOf({ pipes = false, noLinks = false }: ReadTextOptions): number {
  const { O_RDONLY, O_NOCTTY, O_NONBLOCK, O_NOFOLLOW } = constants;
  return O_RDONLY | O_NOCTTY | (pipes ? 0 : O_NONBLOCK) | (noLinks ? O_NOFOLLOW : 0);
}

function refuseOther(place: string, stats: Stats, { pipes = false }: ReadTextOptions): void {
  if (stats.isFile() || (pipes && (stats.isFIFO() || stats.isCharacterDevice()))) return;
  throw notAFile(place, kindOf(stats));
}

/** The kind of object in the place of a file, for people. */
function kindOf(stats: Pick<Stats, 'isDirectory' | 'isFIFO' | 'isSymbolicLink'>): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  return stats.isSymbolicLink() ? 'a symbolic link' : 'a device or a socket';
}

function failureOf(place: string, error: unknown, { noLinks = false }: ReadTextOptions): AppError {
  if (error instanceof TypeError) {
    const message = `cannot read ${place}: it is not UTF-8 text`;
    return new AppError('corrupt-file', message, { cause: error });
  }
  const code = systemCodeOf(error);
  if (code === 'ENXIO') return notAFile(place, 'a device or a socket');
  if (code === 'ELOOP' && noLinks) return notAFile(place, 'a symbolic link');
  return fromSystemError(`cannot read ${place}`, error);
}

function notAFile(place: string, kind: string): AppError {
  return new AppError('corrupt-file', `cannot read ${place}: it is ${kind}, not a file`);
}

function tooLarge(place: string, maxBytes: number): AppError {
  return new AppError(
    'payload-too-large',
    `cannot read ${place}: it is larger than ${String(maxBytes)} bytes`,
  );
}
