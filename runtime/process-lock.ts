/**
 * One process per folder. The lock names a process by its number, its start time and the boot, so
 * that a lock whose process died (also by kill -9 or power loss) counts as none, and a process
 * that got the same number later is not taken for it.
 */
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError, fromSystemError, systemCodeOf } from './errors.ts';
import { uniqueMark } from './unique-mark.ts';

export interface ProcessLock {
  release(): Promise<void>;
}

/** @throws AppError already-running where a living process holds it */
export async function lockFolder(folder: string): Promise<ProcessLock> {
  const file = path.join(folder, 'lock');
  const mine = await identityOf(process.pid);
  if (mine === undefined)
    throw new AppError('internal', 'cannot lock: /proc does not show this process');
  const draft = `${file}.${uniqueMark()}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(draft, mine, { mode: 0o600, flag: 'wx' });
    await take(file, draft, folder);
  } catch (error) {
    throw fromSystemError(`cannot lock "${folder}"`, error);
  } finally {
    await unlink(draft).catch(() => undefined);
  }
  return {
    release: async () => {
      if ((await readLock(file)) === mine) await unlink(file).catch(() => undefined);
    },
  };
}

/**
 * A stale lock is removed under a lock of its own: of several that find it, one may. Each level
 * down is there only because one more process died just there.
 */
async function take(file: string, draft: string, folder: string): Promise<void> {
  for (;;) {
    if (await linked(draft, file)) return;
    const holder = await readHolder(file);
    if (holder === undefined) continue;
    await refuseLiving(holder, folder);
    const removal = `${file}.stale`;
    await take(removal, draft, folder);
    try {
      if ((await readLock(file)) === holder) await unlink(file);
    } finally {
      await unlink(removal);
    }
  }
}

/** Whole at once: nobody ever reads a lock that is half written. */
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

/** A service may see only its own processes (ProtectProc=): one that it may not look at counts as it. */
async function isHidden(pid: number, holder: string): Promise<boolean> {
  const [, , boot] = holder.split(' ');
  if (boot !== (await readLock('/proc/sys/kernel/random/boot_id'))?.trim()) return false;
  return readFile(`/proc/${String(pid)}/stat`).then(
    () => false,
    (error: unknown) => ['EPERM', 'EACCES'].includes(systemCodeOf(error) ?? ''),
  );
}

/** undefined: it was given back just now. One that cannot be read stays, and is for a person. */
async function readHolder(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}

async function readLock(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

/** `pid start-time boot-id`; undefined where there is no such process. */
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
