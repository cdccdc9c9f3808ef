/**
 * One process per folder. The lock names a process by its number, its start time and the boot, so
 * that a lock of a dead process (also after kill -9 or power loss) does not count, and a later
 * process with the same number is not mistaken for it.
 */
import { link, mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError, fromSystemError, systemCodeOf } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { readTextFile } from './read-text-file.ts';
import { setAside } from './set-aside.ts';
import { uniqueMark } from './unique-mark.ts';

export interface ProcessLock {
  release(): Promise<void>;
}

const maxLockBytes = 256;
/**
 * The most attempts. Each one fails because of another process; more of them are not a race any
 * more.
 */
const maxTurns = 1000;

/** @throws AppError already-running where a living process holds it */
export async function lockFolder(
  folder: string,
  logger?: Pick<Logger, 'warn'>,
): Promise<ProcessLock> {
  const file = path.join(folder, 'lock');
  const mine = await identityOf(process.pid);
  if (mine === undefined)
    throw new AppError('internal', 'cannot lock: /proc does not show this process');
  const draft = `${file}.${uniqueMark()}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      // A file in the way, also where it is above the folder.
      const isInTheWay = ['EEXIST', 'ENOTDIR'].includes(systemCodeOf(error) ?? '');
      throw isInTheWay ? noFolder(folder, error) : error;
    });
    await writeFile(draft, mine, { mode: 0o600, flag: 'wx' });
    await take(file, draft, folder, logger);
  } catch (error) {
    throw fromSystemError(`cannot lock "${folder}"`, error);
  } finally {
    await unlink(draft).catch(() => undefined);
  }
  await removeDrafts(folder);
  return {
    release: async () => {
      if ((await readLock(file)) === mine) await unlink(file).catch(() => undefined);
    },
  };
}

function noFolder(folder: string, cause: unknown): AppError {
  const message = `cannot lock "${folder}": it, or a part of its path, is a file and no folder; name another folder`;
  return new AppError('io-failed', message, { cause });
}

/**
 * Takes the lock. A stale lock is removed under a lock of its own, so that only one of several
 * processes does it. Each deeper level exists only if one more process died at this point.
 */
async function take(
  file: string,
  draft: string,
  folder: string,
  logger?: Pick<Logger, 'warn'>,
): Promise<void> {
  for (let turn = 0; turn < maxTurns; turn += 1) {
    if (await linked(draft, file)) return;
    const holder = await readHolder(file, logger);
    if (holder === undefined) continue;
    await refuseLiving(holder, folder);
    const removal = `${file}.stale`;
    await take(removal, draft, folder, logger);
    try {
      if ((await readLock(file)) === holder) await unlink(file);
    } finally {
      await unlink(removal);
    }
  }
  throw new AppError('io-failed', `cannot lock "${folder}": "${file}" cannot be taken`);
}

/** Links the whole file at once, so that no process reads a half-written lock. */
async function linked(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function refuseLiving(holder: string, folder: string): Promise<void> {
  const pid = Number(holder.split(' ')[0]);
  const living = await identityOf(pid);
  if (living !== holder && !(await isHidden(pid, holder))) return;
  throw new AppError(
    'already-running',
    `cannot use "${folder}": process ${String(pid)} uses it; stop it first`,
  );
}

/**
 * Whether the process is hidden: a service may see only its own processes (ProtectProc=), and a
 * hidden one counts as the holder.
 */
async function isHidden(pid: number, holder: string): Promise<boolean> {
  const [, , boot] = holder.split(' ');
  if (boot !== (await readLock('/proc/sys/kernel/random/boot_id'))?.trim()) return false;
  return readFile(`/proc/${String(pid)}/stat`).then(
    () => false,
    (error: unknown) => ['EPERM', 'EACCES'].includes(systemCodeOf(error) ?? ''),
  );
}

/**
 * Reads the holder; undefined: the lock was just released. Our processes make only small files
 * there, so a link, a pipe or a folder is no lock, and is set aside.
 */
async function readHolder(
  file: string,
  logger?: Pick<Logger, 'warn'>,
): Promise<string | undefined> {
  try {
    return await readTextFile(file, maxLockBytes, { noLinks: true });
  } catch (error) {
    const codes: readonly string[] = ['corrupt-file', 'payload-too-large'];
    if (!(error instanceof AppError) || !codes.includes(error.code)) throw error;
    const aside = await setAside(file);
    logger?.warn(`"${file}" is no lock and was set aside as "${aside}"`, { reason: error.message });
    return undefined;
  }
}

async function readLock(file: string): Promise<string | undefined> {
  return readTextFile(file, maxLockBytes * 16, { noLinks: true }).catch(() => undefined);
}

/** Removes files of processes that were killed while they locked. */
async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = Number(/^lock\.(\d{1,10})-[0-9a-z]+$/.exec(name)?.[1] ?? 0);
    if (pid === 0 || (pid !== process.pid && (await identityOf(pid)) !== undefined)) continue;
    await unlink(path.join(folder, name)).catch(() => undefined);
  }
}

/** `pid start-time boot-id`; undefined: there is no such process. */
async function identityOf(pid: number): Promise<string | undefined> {
  if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
  const [stat, boot] = await Promise.all([
    readLock(`/proc/${String(pid)}/stat`),
    readLock('/proc/sys/kernel/random/boot_id'),
  ]);
  // proc(5): field 22, counted after the command's closing bracket, which may hold anything.
  const start = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return start === undefined ? undefined : `${String(pid)} ${start} ${boot?.trim() ?? ''}`;
}
