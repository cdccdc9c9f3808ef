/** Follows links as the kernel would if a root folder were `/`, out of which no link leads. */
import { lstat, readlink } from 'node:fs/promises';
import path from 'node:path';
import { reasonOf, systemCodeOf } from '../errors.ts';

/** Source: linux MAXSYMLINKS. */
const maxLinks = 40;

/** Where the last link leads; the file itself may be missing there. */
export type Followed =
  | { readonly state: 'there'; readonly path: string }
  | {
      readonly state: 'absent';
      readonly path: string;
      /** It is the target of a link that is missing, or a folder on the way there. */
      readonly isDangling: boolean;
    }
  | { readonly state: 'unreadable'; readonly why: string };

/** @param at gives the place of an absolute path below the root */
export async function followLinks(at: (file: string) => string, file: string): Promise<Followed> {
  const left = file.split('/').filter((part) => part !== '');
  let done = '';
  let links = 0;
  // How many of the parts that are left come from the target of a link.
  let ofLink = 0;
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    const isOfLink = ofLink > 0;
    ofLink = Math.max(0, ofLink - 1);
    if (part === '.') continue;
    if (part === '..') {
      done = path.posix.dirname(done === '' ? '/' : done);
      if (done === '/') done = '';
      continue;
    }
    const next = `${done}/${part}`;
    const target = await linkTarget(at(next));
    if (target.state === 'absent') {
      return { state: 'absent', path: [next, ...left].join('/'), isDangling: isOfLink };
    }
    if (target.state === 'unreadable') return target;
    if (target.state === 'no-link') {
      done = next;
      continue;
    }
    links += 1;
    if (links > maxLinks) return { state: 'unreadable', why: 'its links lead in a circle' };
    if (target.to.startsWith('/')) done = '';
    const parts = target.to.split('/').filter((one) => one !== '');
    left.unshift(...parts);
    ofLink += parts.length;
  }
  return { state: 'there', path: done };
}

type LinkTarget =
  | { readonly state: 'link'; readonly to: string }
  | { readonly state: 'no-link' }
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable'; readonly why: string };

/** Only two failures say that nothing is there; after any other one it is not known. */
async function linkTarget(file: string): Promise<LinkTarget> {
  try {
    if (!(await lstat(file)).isSymbolicLink()) return { state: 'no-link' };
    return { state: 'link', to: await readlink(file) };
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { state: 'absent' };
    const isDenied = code === 'EACCES' || code === 'EPERM';
    return { state: 'unreadable', why: isDenied ? 'this user may not' : reasonOf(error) };
  }
}
