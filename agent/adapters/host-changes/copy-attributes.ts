/**
 * Gives a new file the owner, mode, ACLs and extended attributes of the old one. Both are open: a
 * name in a folder of others may become a link between two calls.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { systemCodeOf } from '../../../runtime/errors.ts';

const cpDeadlineMs = 5000;
/** Without setuid, setgid and the sticky bit: no file with a new text may run as somebody else. */
const permissions = 0o777;

/** @returns false: the old one is gone, or no longer a file with one name */
export async function copyAttributes(from: string, to: FileHandle): Promise<boolean> {
  const source = await openFile(from);
  if (source === undefined) return false;
  try {
    const stats = await source.stat();
    if (!stats.isFile() || stats.nlink !== 1) return false;
    await runCp(source, to);
    await to.chown(stats.uid, stats.gid);
    await to.chmod(stats.mode & permissions);
    await to.utimes(new Date(), new Date());
    return true;
  } finally {
    await source.close();
  }
}

/** Never waits for the writer of a pipe, and follows no link. */
async function openFile(file: string): Promise<FileHandle | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENXIO') return undefined;
    throw error;
  }
}

/** Coreutils' cp, because Node has no calls for ACLs and attributes; another cp is refused by its options. */
async function runCp({ fd: from }: FileHandle, { fd: to }: FileHandle): Promise<void> {
  const args = ['--attributes-only', '--preserve=all', '--', '/proc/self/fd/3', '/proc/self/fd/4'];
  await new Promise<void>((resolve) => {
    const cp = spawn('cp', args, {
      stdio: ['ignore', 'ignore', 'ignore', from, to],
      timeout: cpDeadlineMs,
      killSignal: 'SIGKILL',
    });
    cp.once('error', () => resolve());
    cp.once('close', () => resolve());
  });
}
