/** Backups as files: never over another file, and whole or not at all. */
import { createReadStream } from 'node:fs';
import { link, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError, fromSystemError, systemCodeOf } from '../../../runtime/errors.ts';
import { uniqueMark } from '../../../runtime/files/unique-mark.ts';
import { damaged } from './backup-text.ts';

/** A revision of 1 MiB whose characters are all escaped twice has 12 MiB. */
const maxLineBytes = 16 * 1024 * 1024;
/** 20,000 nodes with the most facts that they may have. */
const maxBytes = 2 * 1024 * 1024 * 1024;

/** Writes a new file with the mode 0600. @throws AppError also where there is such a file */
export async function writeNewFile(file: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const folder = path.dirname(file);
  const unfinished = path.join(folder, `.${path.basename(file).slice(0, 200)}.${uniqueMark()}`);
  try {
    await writeSynced(unfinished, chunks);
    // Unlike a rename, it fails where the name is taken.
    await link(unfinished, file);
    await syncFolder(folder);
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') {
      const hint = 'name another file, or move that one away';
      throw new AppError('bad-request', `cannot write "${file}": it exists already; ${hint}`);
    }
    throw fromSystemError(`cannot write "${file}"`, error);
  } finally {
    await unlink(unfinished).catch(() => undefined);
  }
}

/** The lines without their breaks. @throws AppError */
export async function* linesOfFile(file: string): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let waiting = 0;
  let read = 0;
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
      if (!Buffer.isBuffer(chunk)) continue;
      read += chunk.length;
      if (read > maxBytes) throw damaged(file, 'it is too large');
      let from = 0;
      for (let at = chunk.indexOf(lineBreak); at >= 0; at = chunk.indexOf(lineBreak, from)) {
        yield Buffer.concat([...rest, chunk.subarray(from, at)]);
        rest = [];
        waiting = 0;
        from = at + 1;
      }
      if (from < chunk.length) rest.push(chunk.subarray(from));
      waiting += chunk.length - from;
      if (waiting > maxLineBytes) throw damaged(file, 'a line of it is too long');
    }
  } catch (error) {
    throw fromSystemError(`cannot read "${file}"`, error);
  }
  if (waiting > 0) throw damaged(file, 'its last line is cut off');
}

const lineBreak = 0x0a;

async function writeSynced(file: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of chunks) await handle.writeFile(chunk);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
