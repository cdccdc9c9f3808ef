/** Reads files synchronously, for the decider, which does nothing else meanwhile. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { reasonOf } from '../errors.ts';

export type FileText =
  | { readonly ok: true; readonly text: string }
  /** Completes `it is damaged:`. */
  | { readonly ok: false; readonly reason: string };

/** A UTF-8 file of at most `maxBytes`. Neither follows a link nor waits for a pipe. */
export function readFileAtOnce(file: string, maxBytes: number): FileText {
  const { O_RDONLY, O_NOCTTY, O_NONBLOCK, O_NOFOLLOW } = constants;
  let fd: number | undefined;
  try {
    fd = openSync(file, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
    const stats = fstatSync(fd);
    if (!stats.isFile()) return { ok: false, reason: 'it is not a file' };
    if (stats.size > maxBytes) {
      return { ok: false, reason: `it is larger than ${String(maxBytes)} bytes` };
    }
    const bytes = readFileSync(fd);
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    const reason = error instanceof TypeError ? 'it is not UTF-8 text' : reasonOf(error);
    return { ok: false, reason };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
