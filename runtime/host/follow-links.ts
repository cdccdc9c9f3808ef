/** Follows links as the kernel would if a root folder were `/`, out of which no link leads. */
import { lstat, readlink } from 'node:fs/promises';
import path from 'node:path';
import { systemCodeOf } from '../errors.ts';

/** Source: linux MAXSYMLINKS. */
const maxLinks = 40;

/** Where the last link leads; the file itself may be missing there. */
export type Followed =
  | { readonly state: 'there' | 'absent'; readonly path: string }
  | { readonly state: 'unreadable'; readonly why: string };

/** @param at gives the place of an absolute path below the root */
export async function followLinks(at: (file: string) => string, file: string): Promise<Followed> {
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
    if (target === 'absent') return { state: 'absent', path: [next, ...left].join('/') };
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
  return { state: 'there', path: done };
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
