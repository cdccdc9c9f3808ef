/**
 * Interposes on the synchronous operations of node:fs that change files below one folder, as the
 * embedded store uses them.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';

const names = [
  'openSync',
  'writeSync',
  'fsyncSync',
  'ftruncateSync',
  'mkdirSync',
  'rmdirSync',
  'renameSync',
  'rmSync',
  'unlinkSync',
] as const;

export type DiskOperation = (typeof names)[number];

/**
 * @param before called before each operation; it may throw in place of it. The file is a path, or a
 *   descriptor
 * @returns a function that ends it
 */
export function interposeOnDisk(
  folder: string,
  before: (operation: DiskOperation, writeHalf: () => void, file: unknown) => void,
): () => void {
  const original = { ...fs };
  const descriptors = new Set<unknown>();
  const isBelow = (file: unknown): boolean =>
    typeof file === 'string' && (file === folder || file.startsWith(`${folder}${path.sep}`));
  for (const name of names) {
    const run = (...given: unknown[]): unknown => Reflect.apply(original[name], fs, given);
    const replaced = (...given: unknown[]): unknown => {
      const [file, bytes, offset, length, position] = given;
      if (!isBelow(file) && !descriptors.has(file)) return run(...given);
      const isReading =
        name === 'openSync' && (given[1] === 'r' || given[1] === fs.constants.O_RDONLY);
      if (!isReading) {
        const writeHalf = (): void => {
          if (name === 'writeSync')
            run(file, bytes, offset, Math.floor(Number(length) / 2), position);
        };
        before(name, writeHalf, file);
      }
      const result = run(...given);
      if (name === 'openSync') descriptors.add(result);
      return result;
    };
    Object.assign(fs, { [name]: replaced });
  }
  syncBuiltinESMExports();
  return () => {
    for (const name of names) Object.assign(fs, { [name]: original[name] });
    syncBuiltinESMExports();
  };
}
