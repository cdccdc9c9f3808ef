/** The state files of a daemon: bounded, schema-checked, with a format version. */
import { access, rename } from 'node:fs/promises';
import { AppError, fromSystemError } from './errors.ts';
import type { Logger } from './logger.ts';
import { readTextFile } from './read-text-file.ts';
import { jsonBounds } from '../core/input/bounds.ts';
import { parseJson } from '../core/input/parse-json.ts';

export interface JsonFileOptions<T> {
  readonly maxBytes: number;
  /** The newest format that this version understands. */
  readonly formatVersion: number;
  readonly isValid: (data: unknown) => data is T;
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Undefined where there is no file. A corrupt one is set aside as `<name>.corrupt-<n>`, never
 * deleted, and counts as none.
 * @throws AppError newer-format for a file that a newer version wrote
 */
export async function readJsonFile<T>(
  file: string,
  options: JsonFileOptions<T>,
): Promise<T | undefined> {
  let reason: string;
  try {
    const text = await readTextFile(file, options.maxBytes);
    if (text === undefined) return undefined;
    const parsed = parseJson(text, jsonBounds.state);
    if (parsed.ok) {
      refuseNewer(file, parsed.data, options.formatVersion);
      if (options.isValid(parsed.data)) return parsed.data;
    }
    reason = parsed.ok ? 'it does not have the form that this version writes' : parsed.reason;
  } catch (error) {
    reason = corruption(error);
  }
  const aside = await setAside(file);
  options.logger.warn(`"${file}" is corrupt and was set aside as "${aside}"`, { reason });
  return undefined;
}

/** What is wrong with the file's content; any other error is passed on. */
function corruption(error: unknown): string {
  if (error instanceof AppError && ['corrupt-file', 'payload-too-large'].includes(error.code)) {
    return error.message;
  }
  throw error;
}

function refuseNewer(file: string, data: unknown, known: number): void {
  if (typeof data !== 'object' || data === null || !('formatVersion' in data)) return;
  const { formatVersion } = data;
  if (typeof formatVersion !== 'number' || formatVersion <= known) return;
  throw new AppError(
    'newer-format',
    `cannot read "${file}": it has format version ${String(formatVersion)}, and this version knows ` +
      `at most ${String(known)}; install the newer version again, or move the file away`,
  );
}

async function setAside(file: string): Promise<string> {
  for (let n = 1; ; n += 1) {
    const aside = `${file}.corrupt-${String(n)}`;
    if (await exists(aside)) continue;
    await rename(file, aside).catch((error: unknown) => {
      throw fromSystemError(`cannot set the corrupt file "${file}" aside`, error);
    });
    return aside;
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
