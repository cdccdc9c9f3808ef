/** Folders with so many files of their own that nobody finds anything in them. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * @param roots the folders that are counted, with everything below them
 * @param most how many files a folder may have; those in its subfolders are not its own
 * @param left the folders that are not counted, nor what is below them
 * @returns a text per folder that has more
 */
export async function fullFolders(roots, most, left = []) {
  const faults = [];
  for (const folder of roots) {
    if (left.includes(folder)) continue;
    const entries = await readdir(folder, { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
    if (files.length > most)
      faults.push(`folder with ${files.length} files, more than ${most}: ${folder}`);
    const below = entries.filter((entry) => entry.isDirectory());
    const folders = below.map(({ name }) => path.posix.join(folder, name));
    faults.push(...(await fullFolders(folders, most, left)));
  }
  return faults;
}
