/** Reads the files of `core/platform/host-paths.ts` below a root folder. */
import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { byText } from '../../../core/by-text.ts';
import type { HostFile } from '../../../core/platform/host-file.ts';
import { isReadable } from '../../../core/platform/host-paths.ts';
import { AppError, reasonOf, systemCodeOf } from '../../../runtime/errors.ts';
import { followLinks } from '../../../runtime/host/follow-links.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import type { HostFiles, HostFolder } from '../../ports/platform/host-files.ts';

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
        const text = await readTextFile(at(found.path), maxBytes, {
          noLinks: true,
          keepsMark: true,
        });
        return text === undefined
          ? { state: 'absent', path: file }
          : { state: 'text', path: file, text };
      } catch (error) {
        return { state: 'unreadable', path: file, why: whyNot(error) };
      }
    },
    list: async (folder) => {
      const found = await resolve(at, folder);
      if (found.state === 'absent') return { names: [] };
      if (found.state === 'unreadable') return hidden(folder, found.why);
      try {
        const names = await readdir(at(found.path));
        if (names.length <= maxNames) return { names: names.sort(byText) };
        const many = `${String(names.length)} entries, and the agent reads ${String(maxNames)}`;
        return hidden(folder, `it has ${many}`);
      } catch (error) {
        const code = systemCodeOf(error);
        if (code === 'ENOENT') return { names: [] };
        return hidden(folder, code === 'ENOTDIR' ? 'it is no folder' : reasonOf(error));
      }
    },
    entry: async (file) => {
      const found = await resolve(at, file);
      if (found.state !== 'found') return { ...found, path: file };
      const stats = await statOf(at(found.path));
      if ('state' in stats) return { ...stats, path: file };
      return {
        state: 'there',
        path: file,
        kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other',
        executable: stats.isFile() && (stats.mode & 0o111) !== 0,
        ...(found.path !== file && { target: found.path }),
      };
    },
  };
}

/** Another failure than that nothing is there says nothing about what is there. */
async function statOf(
  file: string,
): Promise<
  Stats | { readonly state: 'absent' } | { readonly state: 'unreadable'; readonly why: string }
> {
  try {
    return await stat(file);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { state: 'absent' };
    return { state: 'unreadable', why: reasonOf(error) };
  }
}

function hidden(folder: string, why: string): HostFolder {
  return { names: [], hidden: { state: 'unreadable', path: folder, why } };
}

type Resolved =
  | { readonly state: 'found'; readonly path: string }
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable'; readonly why: string };

/**
 * Judges where the last link leads: a link in a folder of the platform must not show a file that the
 * agent has no business with.
 */
async function resolve(at: (file: string) => string, file: string): Promise<Resolved> {
  if (!isReadable(file)) return { state: 'unreadable', why: 'the agent does not read this path' };
  const found = await followLinks(at, file);
  if (found.state === 'unreadable') return found;
  const { path: real } = found;
  if (found.state === 'there' && isReadable(real)) return { state: 'found', path: real };
  // The target of a link elsewhere may be on a disk that is not mounted: not known.
  if (found.state === 'absent' && (isReadable(real) || !found.isDangling)) {
    return { state: 'absent' };
  }
  const why = `it is a link that leads to ${real === '' ? '/' : real}, which the agent does not read`;
  return { state: 'unreadable', why };
}

/** Without the path, which stands beside it. */
function whyNot(error: unknown): string {
  const reason = reasonOf(error);
  return error instanceof AppError ? reason.replace(/^cannot read "[^"]*": /, '') : reason;
}
