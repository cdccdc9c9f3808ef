/**
 * A disk that begins to fail at its n-th write, below one folder, for every use of node:fs/promises
 * and of the synchronous operations in this thread. Its earlier writes stay, as on a real one: a full
 * disk keeps the half of a text that still found room.
 */
import { existsSync, realpathSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { interposeOnDisk, type DiskOperation } from './synchronous-disk.ts';

type Failure = 'ENOSPC' | 'EDQUOT' | 'EIO' | 'EROFS';

type Operation = 'create' | 'write' | 'sync' | 'mkdir' | 'link' | 'rename' | 'remove';

/** The operations that fail. On a full disk names can still be moved and removed. */
const failing: Readonly<Record<Failure, readonly Operation[]>> = {
  ENOSPC: ['create', 'write', 'mkdir', 'link'],
  EDQUOT: ['create', 'write', 'mkdir', 'link'],
  EIO: ['write', 'sync'],
  EROFS: ['create', 'write', 'mkdir', 'link', 'rename', 'remove'],
};

/** The kinds of the synchronous operations; `openSync` makes one, or opens it for writing. */
const synchronous: Readonly<Record<DiskOperation, Operation>> = {
  openSync: 'create',
  writeSync: 'write',
  fsyncSync: 'sync',
  ftruncateSync: 'rename',
  mkdirSync: 'mkdir',
  rmdirSync: 'remove',
  renameSync: 'rename',
  rmSync: 'remove',
  unlinkSync: 'remove',
};

export interface FailingDisk {
  /** From now on the first so many operations still succeed. */
  failAfter(operations: number, failure: Failure): void;
  /** It works again. */
  mend(): void;
  /** Whether anything has failed since `failAfter`. */
  hasFailed(): boolean;
  /** Removes the whole stand-in. */
  restore(): void;
}

export function failingDisk(folder: string): FailingDisk {
  const original = { ...fs };
  let left = Infinity;
  let failure: Failure = 'ENOSPC';
  let failed = false;
  const isBelow = (file: unknown): boolean => {
    if (typeof file !== 'string') return false;
    return `${realPathOf(path.dirname(file))}/`.startsWith(`${folder}/`);
  };
  /** Throws when the disk fails now. */
  const pass = (operation: Operation, what: string): void => {
    if (!failing[failure].includes(operation)) return;
    left -= 1;
    if (left >= 0) return;
    failed = true;
    throw Object.assign(new Error(`${failure}: ${what}`), { code: failure });
  };
  const wrapHandle = (handle: fs.FileHandle, isNew: boolean): fs.FileHandle => {
    const { writeFile, sync } = handle;
    return Object.assign(handle, {
      writeFile: async (text: string) => {
        try {
          pass('write', 'write');
        } catch (error) {
          await writeFile.call(handle, text.slice(0, text.length / 2));
          throw error;
        }
        await writeFile.call(handle, text);
      },
      sync: async () => {
        pass('sync', isNew ? 'fsync' : 'fsync of a folder');
        await sync.call(handle);
      },
    });
  };
  const wrapped = {
    open: async (...given: Parameters<typeof fs.open>): Promise<fs.FileHandle> => {
      const [file, flags = 'r'] = given;
      const isNew = typeof flags === 'string' && /[wa]/.test(flags);
      const isOurs = isBelow(file) || file === folder;
      if (isOurs && isNew) pass('create', 'open');
      const handle = await original.open(...given);
      return isOurs ? wrapHandle(handle, isNew) : handle;
    },
    writeFile: async (...given: Parameters<typeof fs.writeFile>): Promise<void> => {
      if (isBelow(given[0])) pass('create', 'open');
      await original.writeFile(...given);
    },
    mkdir: async (...given: Parameters<typeof fs.mkdir>): Promise<string | undefined> => {
      const isThere = await original.stat(given[0]).then(Boolean, () => false);
      if (isBelow(given[0]) && !isThere) pass('mkdir', 'mkdir');
      return original.mkdir(...given);
    },
    link: async (...given: Parameters<typeof fs.link>): Promise<void> => {
      if (isBelow(given[1])) pass('link', 'link');
      await original.link(...given);
    },
    rename: async (...given: Parameters<typeof fs.rename>): Promise<void> => {
      if (isBelow(given[1])) pass('rename', 'rename');
      await original.rename(...given);
    },
    unlink: async (file: string): Promise<void> => {
      if (isBelow(file) && (await isThere(file))) pass('remove', 'unlink');
      await original.unlink(file);
    },
  };
  const isThere = (file: string): Promise<boolean> =>
    original.lstat(file).then(
      () => true,
      () => false,
    );
  const mend = (): void => {
    left = Infinity;
  };
  Object.assign(fs, wrapped);
  syncBuiltinESMExports();
  const endSynchronous = interposeOnDisk(folder, (name, writeHalf, file) => {
    const operation = synchronous[name];
    const exists = typeof file === 'string' && existsSync(file);
    if (operation === 'create' && exists && failure !== 'EROFS') return;
    if (operation === 'remove' && !exists) return;
    try {
      pass(operation, name);
    } catch (error) {
      if (failure === 'ENOSPC') writeHalf();
      throw error;
    }
  });
  return {
    failAfter: (operations, how) => {
      left = operations;
      failure = how;
      failed = false;
    },
    mend,
    hasFailed: () => failed,
    restore: () => {
      mend();
      endSynchronous();
      Object.assign(fs, original);
      syncBuiltinESMExports();
    },
  };
}

/** Also for a folder that is reached by an open one's number below /proc. */
function realPathOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
