import { readFile, rename, writeFile } from 'node:fs/promises';

/**
 * Writes a whole file, and only when its content changes: programs may read it, or start from it,
 * meanwhile.
 */
export async function writeChanged(file: string, content: string | Uint8Array): Promise<void> {
  const before = await readFile(file).catch(() => undefined);
  if (before?.equals(Buffer.from(content)) === true) return;
  const unfinished = `${file}.${String(process.pid)}`;
  await writeFile(unfinished, content);
  await rename(unfinished, file);
}
