/** Reads the files of `core/platform/host-paths.ts` below a root folder. */
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import { byText } from '../../../core/by-text.ts';
import type { HostFile } from '../../../core/platform/host-file.ts';
import { isReadable } from '../../../core/platform/host-paths.ts';
import { AppError, reasonOf, systemCodeOf } from '../../../runtime/errors.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import type { HostFiles } from '../../ports/platform/host-files.ts';

/** Source: linux MAXSYMLINKS. */
const maxLinks = 40;
const maxBytes = 4 * 1024 * 1024;
const maxNames = 1000;

/** @param root where `/` is: another folder in tests, out of which no link leads */
export function createHostFiles(root = '/'): HostFiles {
  const at = (file: string): string => path.join(root, file);
  return {
    read: async (file): Promise<HostFile> => {
      const found = await resolve(at, file);
      if (found.state !== 'found') return { ...found, path: file };
      try {
        const text = await readTextFile(at(found.path), maxBytes, { noLinks: true });
        return text === undefined
          ? { state: 'absent', path: file }
          : { state: 'text', path: file, text };
      } catch (error) {
        return { state: 'unreadable', path: file, why: whyNot(error) };
      }
    },
    list: async (folder) => {
      const found = await resolve(at, folder);
      if (found.state !== 'found') return [];
      const names = await readdir(at(found.path)).catch(() => []);
      return names.sort(byText).slice(0, maxNames);
    },
    entry: async (file) => {
      const found = await resolve(at, file);
      if (found.state !== 'found') return undefined;
      const stats = await stat(at(found.path)).catch(() => undefined);
      if (stats === undefined) return undefined;
      return {
        kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other',
        executable: stats.isFile() && (stats.mode & 0o111) !== 0,
        ...(found.path !== file && { target: found.path }),
      };
    },
  };
}

type Resolved =
  | { readonly state: 'found'; readonly path: string }
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable'; readonly why: string };

/**
 * Follows links as the kernel would if the root were `/`, and judges where the last one leads: a link in
 * a folder of the platform must not show a file that the agent has no business with.
 */
async function resolve(at: (file: string) => string, file: string): Promise<Resolved> {
  if (!isReadable(file)) return { state: 'unreadable', why: 'the agent does not read this path' };
  const left = file.split('/').filter((part) => part !== '');
  let done = '';
  let links = 0;
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    if (part === '.') continue;
    if (part === '..') {
      done = path.posix.dirname(done === '' ? '/' : done);
      if (done === '/') done = '';
      continue;
    }
    const next = `${done}/${part}`;
    const target = await linkTarget(at(next));
    if (target === 'absent') return { state: 'absent' };
    if (target === 'denied') return { state: 'unreadable', why: 'this user may not' };
    if (target === undefined) {
      done = next;
      continue;
    }
    links += 1;
    if (links > maxLinks) return { state: 'unreadable', why: 'its links lead in a circle' };
    if (target.startsWith('/')) done = '';
    left.unshift(...target.split('/').filter((one) => one !== ''));
  }
  if (isReadable(done)) return { state: 'found', path: done };
  const why = `it is a link that leads to ${done === '' ? '/' : done}, which the agent does not read`;
  return { state: 'unreadable', why };
}

/** Undefined: it is no link. */
async function linkTarget(file: string): Promise<string | undefined> {
  try {
    return (await lstat(file)).isSymbolicLink() ? await readlink(file) : undefined;
  } catch (error) {
    const code = systemCodeOf(error);
    return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'absent';
  }
}

/** Without the path, which stands beside it. */
function whyNot(error: unknown): string {
  const reason = reasonOf(error);
  return error instanceof AppError ? reason.replace(/^cannot read "[^"]*": /, '') : reason;
}
