import { readlink } from 'node:fs/promises';
import path from 'node:path';

/** The limit of Linux (ELOOP). */
const maxLinks = 40;

/**
 * Resolves a path below another root, at which absolute links begin as well. LXC refuses to mount
 * on a path that has links. undefined: links in a circle.
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
