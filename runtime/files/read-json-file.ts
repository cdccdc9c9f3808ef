/** The state files of a daemon: bounded, schema-checked, with a format version. */
import { AppError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { readTextFile } from './read-text-file.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import { parseJson } from '../../core/input/parse-json.ts';
import { setAside } from './set-aside.ts';

export interface JsonFileOptions<T> {
  readonly maxBytes: number;
  /** The newest format that this version understands. */
  readonly formatVersion: number;
  readonly isValid: (data: unknown) => data is T;
  /** Gives what an older version wrote today's names; leaves everything else as it is. */
  readonly modernize?: (data: unknown) => unknown;
  /** What else has to be so of a valid one; undefined: all is well, else what is wrong. */
  readonly faultOf?: (data: T) => Promise<string | undefined>;
  readonly logger: Pick<Logger, 'warn'>;
  /** Called when a file was set aside. */
  readonly damaged?: (damage: FileDamage) => void;
}

export interface FileDamage {
  readonly file: string;
  /** Where it lies now. */
  readonly aside: string;
  readonly reason: string;
}

const otherForm = 'it does not have the form that this version writes';

/**
 * Undefined where there is no file. A corrupt one is set aside as `<name>.corrupt-<n>`, never
 * deleted, and counts as none; so does a pipe, a folder or a link in its place.
 * @throws AppError newer-format for a file that a newer version wrote
 */
export async function readJsonFile<T>(
  file: string,
  options: JsonFileOptions<T>,
): Promise<T | undefined> {
  let reason: string;
  try {
    const text = await readTextFile(file, options.maxBytes, { noLinks: true });
    if (text === undefined) return undefined;
    const parsed = parseJson(text, jsonBounds.state);
    if (parsed.ok) {
      refuseNewer(file, parsed.data, options.formatVersion);
      const data = options.modernize?.(parsed.data) ?? parsed.data;
      const valid = options.isValid(data) ? data : undefined;
      const fault = valid === undefined ? otherForm : await options.faultOf?.(valid);
      if (valid !== undefined && fault === undefined) return valid;
      reason = fault ?? otherForm;
    } else {
      reason = parsed.reason;
    }
  } catch (error) {
    reason = corruption(error);
  }
  const aside = await setAside(file);
  options.logger.warn(`"${file}" is corrupt and was set aside as "${aside}"`, { reason });
  options.damaged?.({ file, aside, reason });
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
