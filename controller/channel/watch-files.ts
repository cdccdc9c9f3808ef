/** Notices that files have changed, also where a mount or a link puts others in their place. */
import { stat } from 'node:fs/promises';

/**
 * @returns a function that looks once; it calls `changed` if a file differs from when it looked
 *   before, and is as it was half a minute ago: whoever writes several files has ended
 */
export function watchFiles(
  files: readonly string[],
  changed: () => Promise<void>,
): () => Promise<void> {
  let used: string | undefined;
  let seen: string | undefined;
  return async () => {
    const now = (await Promise.all(files.map(signOf))).join(' ');
    used ??= now;
    const isSettled = now === seen;
    seen = now;
    if (now === used || !isSettled) return;
    used = now;
    await changed();
  };
}

async function signOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found === undefined ? '-' : `${found.ino}:${found.mtimeNs}:${found.size}`;
}
