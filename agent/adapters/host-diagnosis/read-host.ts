/**
 * Reads a host's files below a root folder. A file that cannot be read gives undefined or an empty
 * list; nothing throws.
 */
import { constants } from 'node:fs';
import { open, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';

export interface HostFiles {
  /** The path of a host's file below the root folder. */
  at(file: string): string;
  /** The whole text of a small file, without the spaces around it. */
  text(file: string): Promise<string | undefined>;
  /** The beginning of a file that may be large. */
  head(file: string, bytes: number): Promise<string | undefined>;
  names(folder: string): Promise<readonly string[]>;
  /** Whether this is a container, by systemd's file, which has "lxc", "docker" or another word. */
  isContainer(): Promise<boolean>;
  /** The target of a symbolic link. */
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
