import { readlink } from 'node:fs/promises';
import path from 'node:path';

/** As Linux has it (ELOOP). */
const maxLinks = 40;

/**
 * Where a path leads below another root, whose absolute links begin there as well: what LXC mounts
 * to it, it mounts nowhere else, and it refuses links on the way. undefined: links in a circle.
 */
export async function realPathBelow(root: string, file: string): Promise<string | undefined> {
  const left = partsOf(file);
  let real = '/';
  let links = 0;
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    const at = path.join(real, part);
    const target = await readlink(`${root}${at}`).catch(() => undefined);
    if (target === undefined) {
      real = at;
      continue;
    }
    links += 1;
    if (links > maxLinks) return undefined;
    if (target.startsWith('/')) real = '/';
    left.unshift(...partsOf(target));
  }
  return real;
}

function partsOf(file: string): string[] {
  return file.split('/').filter((part) => part !== '' && part !== '.');
}
