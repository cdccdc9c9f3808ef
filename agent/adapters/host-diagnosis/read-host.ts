/** A host's files under a root folder. What cannot be read is undefined, or empty: nothing throws. */
import { constants } from 'node:fs';
import { open, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';

export interface HostFiles {
  /** Where something really lies. */
  at(file: string): string;
  /** A small file's whole text, without the spaces around it. */
  text(file: string): Promise<string | undefined>;
  /** The beginning of a file that may be large. */
  head(file: string, bytes: number): Promise<string | undefined>;
  names(folder: string): Promise<readonly string[]>;
  /** systemd notes it: lxc, docker … */
  isContainer(): Promise<boolean>;
  /** Where a symbolic link points to. */
  target(link: string): Promise<string | undefined>;
}

const maxBytes = 1024 * 1024;

export function createHostFiles(root: string): HostFiles {
  const at = (file: string): string => path.join(root, file);
  const text: HostFiles['text'] = async (file) =>
    (await readTextFile(at(file), maxBytes).catch(() => undefined))?.trim();
  return {
    at,
    text,
    isContainer: async () => (await text('run/systemd/container')) !== undefined,
    head: (file, bytes) => readHead(at(file), bytes).catch(() => undefined),
    names: (folder) => readdir(at(folder)).catch(() => []),
    target: (link) => readlink(at(link)).catch(() => undefined),
  };
}

async function readHead(file: string, bytes: number): Promise<string> {
  const { O_RDONLY, O_NOCTTY, O_NONBLOCK } = constants;
  const handle = await open(file, O_RDONLY | O_NOCTTY | O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(bytes);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, bytes - length, null);
      length += bytesRead;
      if (bytesRead === 0 || length === bytes) return buffer.toString('latin1', 0, length);
    }
  } finally {
    await handle.close();
  }
}
