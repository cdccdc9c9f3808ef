import { open } from 'node:fs/promises';
import { describeBytes } from '../core/input/foreign-bytes.ts';
import { AppError, fromSystemError } from './errors.ts';

const firstBytes = 4096;

/** Reads a UTF-8 file of at most `maxBytes`; undefined where there is none. */
export async function readTextFile(file: string, maxBytes: number): Promise<string | undefined> {
  try {
    const handle = await open(file, 'r');
    try {
      const stats = await handle.stat();
      if (stats.isDirectory())
        throw new AppError('io-failed', `cannot read "${file}": it is a folder`);
      const { size } = stats;
      if (size > maxBytes) throw tooLarge(file, maxBytes);
      // A file may grow while it is read, and those under /proc say size 0: read until its end. A
      // buffer of the most that may come would cost more than all the rest, at each look.
      let bytes = Buffer.alloc(size === 0 ? firstBytes : size + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length, null);
        length += bytesRead;
        if (length > maxBytes) throw tooLarge(file, maxBytes);
        if (bytesRead === 0) break;
        if (length === bytes.length) bytes = Buffer.concat([bytes], 2 * bytes.length);
      }
      const read = bytes.subarray(0, length);
      const what = describeBytes(read);
      if (what !== undefined) throw foreign(file, what);
      return new TextDecoder('utf-8', { fatal: true }).decode(read);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof TypeError) {
      throw new AppError('corrupt-file', `cannot read "${file}": it is not UTF-8 text`, {
        cause: error,
      });
    }
    const failure = fromSystemError(`cannot read "${file}"`, error);
    if (failure.code === 'not-found') return undefined;
    throw failure;
  }
}

function foreign(file: string, what: string): AppError {
  return new AppError('corrupt-file', `cannot read "${file}": it is ${what}`);
}

function tooLarge(file: string, maxBytes: number): AppError {
  return new AppError(
    'payload-too-large',
    `cannot read "${file}": it is larger than ${String(maxBytes)} bytes`,
  );
}
