import { lstat, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fromSystemError } from '../errors.ts';

/** The most damaged files that stay in one folder; older ones are removed. */
export const keptAside = 50;

const asideName = /^.+\.corrupt-(\d{1,9})$/;

/**
 * Renames the object in a file's place, of any kind, to `<name>.corrupt-<n>`, so that a person can
 * examine it. @returns the new path @throws AppError; then it stays where it is
 */
export async function setAside(file: string): Promise<string> {
  const folder = path.dirname(file);
  try {
    const before = await asideIn(folder);
    const own = `${path.basename(file)}.corrupt-`;
    const numbers = before.filter((name) => name.startsWith(own)).map(numberOf);
    const aside = `${file}.corrupt-${String(Math.max(0, ...numbers) + 1)}`;
    await rename(file, aside);
    await removeOldest(folder, before);
    return aside;
  } catch (error) {
    throw fromSystemError(`cannot set the corrupt file "${file}" aside`, error);
  }
}

async function asideIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => asideName.test(name));
}

function numberOf(name: string): number {
  return Number(asideName.exec(name)?.[1] ?? 0);
}

/**
 * Removes the oldest ones, so that a disk that damages the same file again and again does not fill
 * up.
 */
async function removeOldest(folder: string, before: readonly string[]): Promise<void> {
  if (before.length < keptAside) return;
  const aged = await Promise.all(
    before.map(async (name) => {
      const found = await lstat(path.join(folder, name)).catch(() => undefined);
      return { name, time: found?.mtimeMs ?? 0 };
    }),
  );
  const oldest = aged.toSorted((a, b) => a.time - b.time).slice(0, before.length - keptAside + 1);
  for (const { name } of oldest) {
    await rm(path.join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
