/** Checks that the agent can write its files, and that no other user can read them. */
import { access, constants, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { fromSystemError, systemCodeOf } from '../../../runtime/errors.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import type { HostFiles } from './read-host.ts';

const mebibyte = 1024 * 1024;
const least = { bytes: 16 * mebibyte, files: 100 };
const fair = { bytes: 200 * mebibyte, files: 1000 };

export async function diagnoseStateDirectory(
  host: HostFiles,
  folder: string,
): Promise<readonly Finding[]> {
  const found = await nearestFolder(host, folder);
  return Promise.all([diagnoseRights(host, folder, found), diagnoseSpace(host, found)]);
}

async function diagnoseRights(host: HostFiles, folder: string, found: string): Promise<Finding> {
  const check = 'state directory';
  if (found !== folder) {
    const message = `"${folder}" does not exist yet; the daemon makes it`;
    return { check, result: 'ok', message };
  }
  try {
    const { mode } = await stat(host.at(folder));
    await access(host.at(folder), constants.R_OK | constants.W_OK | constants.X_OK);
    if ((mode & 0o077) === 0) {
      return { check, result: 'ok', message: `"${folder}" is open to the agent only` };
    }
    const rights = (mode & 0o777).toString(8).padStart(4, '0');
    const message = `"${folder}" has the rights ${rights}: other users can read it`;
    return { check, result: 'warning', message, hint: `chmod 0700 ${folder}` };
  } catch (error) {
    const { message } = fromSystemError(`cannot use "${folder}"`, error);
    const isRoot = process.getuid?.() === 0;
    const hint = isRoot ? 'mount it for writing' : 'run calico-agent doctor as root';
    return { check, result: isRoot ? 'failed' : 'warning', message, hint };
  }
}

async function diagnoseSpace(host: HostFiles, folder: string): Promise<Finding> {
  const check = 'disk';
  try {
    const { bavail, bsize, files, ffree } = await statfs(host.at(folder));
    const bytes = bavail * bsize;
    // File systems that make inodes when they need them report none.
    const inodes = files === 0 ? Infinity : ffree;
    const free = `${String(Math.floor(bytes / mebibyte))} MiB free below "${folder}"`;
    const message = inodes < fair.files ? `${free}, for ${String(inodes)} files` : free;
    const hint = 'make room: a full disk refuses new configurations';
    if (bytes < least.bytes || inodes < least.files) {
      return { check, result: 'failed', message, hint };
    }
    if (bytes < fair.bytes || inodes < fair.files) {
      return { check, result: 'warning', message, hint };
    }
    return { check, result: 'ok', message };
  } catch (error) {
    const { message } = fromSystemError(`cannot check the disk of "${folder}"`, error);
    return { check, result: 'warning', message };
  }
}

/** The folder, or the existing one in which it will be made. */
async function nearestFolder(host: HostFiles, folder: string): Promise<string> {
  const parent = path.dirname(folder);
  if (parent === folder) return folder;
  try {
    await stat(host.at(folder));
    return folder;
  } catch (error) {
    return systemCodeOf(error) === 'ENOENT' ? nearestFolder(host, parent) : folder;
  }
}
