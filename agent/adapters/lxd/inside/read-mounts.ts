import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ObservedMount } from '../../../../core/lxd/observed-lxd.ts';
import { AppError, fromSystemError } from '../../../../runtime/errors.ts';

/**
 * A node with thousands of pods needs some megabytes; a container may mount as much as it likes.
 */
const maxBytes = 128 * 1024 * 1024;

/**
 * The mounts on these paths, in the file's order. Reads in pieces, because a container may have
 * many mounts. proc(5): ID, parent, device, root, mount point, options, …, "-", type. Spaces are
 * octal.
 * @throws AppError where it cannot be read
 */
export async function readMounts(
  file: string,
  paths: Iterable<string>,
): Promise<readonly ObservedMount[]> {
  const asked = new Set(paths);
  const found: ObservedMount[] = [];
  const stream = createReadStream(file, { end: maxBytes });
  // In Node 20 readline's iterator does not report a file that cannot be opened or read.
  const failed = new Promise<never>((_resolve, reject) => {
    stream.once('error', (error) => reject(fromSystemError(`cannot read "${file}"`, error)));
  });
  const read = async (): Promise<readonly ObservedMount[]> => {
    for await (const line of createInterface({ input: stream })) {
      const fields = line.split(' ');
      const path = unescaped(fields[4] ?? '');
      const type = fields[fields.indexOf('-', 6) + 1];
      if (asked.has(path) && type !== undefined) found.push({ path, type });
    }
    if (stream.bytesRead <= maxBytes) return found;
    throw new AppError('payload-too-large', `cannot read "${file}": it is too large`);
  };
  try {
    return await Promise.race([read(), failed]);
  } finally {
    stream.destroy();
  }
}

function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_all, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
