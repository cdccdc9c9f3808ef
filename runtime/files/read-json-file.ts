/** Reads a daemon's state files, with bounds, a schema, and a format version. */
import { lstat } from 'node:fs/promises';
import type { ErrorObject } from 'ajv';
import { printable } from '../../core/printable.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { readTextFile } from './read-text-file.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import { parseJsonInTurns } from '../pacing/parse-json-in-turns.ts';
import type { StoredRead } from '../../core/stored/read-entry.ts';
import { setAside } from './set-aside.ts';

export interface JsonFileOptions<T> {
  readonly maxBytes: number;
  /** The newest format that this version understands. */
  readonly formatVersion: number;
  readonly isValid: (data: unknown) => data is T;
  /**
   * The errors of the last `isValid`. With it, a file with an unknown field stays as it is: another version wrote it.
   * Absent: such a file counts as corrupt.
   */
  readonly errorsOf?: () => readonly SchemaError[] | null | undefined;
  /** Renames fields of an older version; leaves everything else as it is. */
  readonly modernize?: (data: unknown) => unknown;
  /** A further check of a valid file; returns its fault, or undefined. */
  readonly faultOf?: (data: T) => Promise<string | undefined>;
  /** Reads a file of more than `largeFileBytes` without holding up the event loop. Default: here. */
  readonly readLarge?: (file: string) => Promise<StoredRead<T>>;
  readonly logger: Pick<Logger, 'warn'>;
  /** Called after a file was set aside. */
  readonly damaged?: (damage: FileDamage) => void;
}

/** An error of a generated validator. */
type SchemaError = Pick<ErrorObject, 'keyword' | 'instancePath' | 'params'>;

export interface FileDamage {
  readonly file: string;
  /** Its new path. */
  readonly aside: string;
  readonly reason: string;
}

/** Parsing and checking this much takes 20 to 30 ms where V8 has no compilers. */
export const largeFileBytes = 512 * 1024;

const otherForm = 'it does not have the form that this version writes';

/**
 * Undefined: there is no file. A corrupt file, or a pipe, a folder or a link in its place, is set
 * aside as `<name>.corrupt-<n>`, never deleted, and counts as missing.
 * @throws AppError newer-format for a file that a newer version wrote, or another one of the same format
 */
export async function readJsonFile<T>(
  file: string,
  options: JsonFileOptions<T>,
): Promise<T | undefined> {
  let reason: string;
  try {
    const read = await readStored(file, options);
    if (read === undefined) return undefined;
    if (read.kind === 'newer') throw newerFormat(file, read.formatVersion, options.formatVersion);
    const fault = read.kind === 'damaged' ? read.reason : await options.faultOf?.(read.value);
    if (read.kind === 'value' && fault === undefined) return read.value;
    reason = fault ?? otherForm;
  } catch (error) {
    reason = corruption(error);
  }
  const aside = await setAside(file);
  options.logger.warn(`"${file}" is corrupt and was set aside as "${aside}"`, { reason });
  options.damaged?.({ file, aside, reason });
  return undefined;
}

/** The fault of the file's content; throws any other error. */
function corruption(error: unknown): string {
  if (error instanceof AppError && ['corrupt-file', 'payload-too-large'].includes(error.code)) {
    return error.message;
  }
  throw error;
}

async function readStored<T>(
  file: string,
  options: JsonFileOptions<T>,
): Promise<StoredRead<T> | undefined> {
  const { readLarge, maxBytes, formatVersion } = options;
  if (readLarge !== undefined && (await isLarge(file))) return readLarge(file);
  const text = await readTextFile(file, maxBytes, { noLinks: true });
  if (text === undefined) return undefined;
  const parsed = await parseJsonInTurns(text, jsonBounds.state);
  if (!parsed.ok) return { kind: 'damaged', reason: parsed.reason };
  const version = formatOf(parsed.data);
  if (version > formatVersion) return { kind: 'newer', formatVersion: version };
  const value = options.modernize?.(parsed.data) ?? parsed.data;
  if (options.isValid(value)) return { kind: 'value', value };
  const unknown = unknownField(options.errorsOf?.() ?? []);
  if (unknown !== undefined) throw otherVersion(file, unknown);
  return { kind: 'damaged', reason: otherForm };
}

/** The place of an unknown field, as a JSON pointer, where the check finds it first: it stops at one fault. */
function unknownField(errors: readonly SchemaError[]): string | undefined {
  const [error] = errors;
  if (errors.length !== 1 || error?.keyword !== 'additionalProperties') return undefined;
  return `${error.instancePath}/${String(error.params['additionalProperty'])}`;
}

async function isLarge(file: string): Promise<boolean> {
  const found = await lstat(file).catch(() => undefined);
  return found?.isFile() === true && found.size > largeFileBytes;
}

function formatOf(data: unknown): number {
  if (typeof data !== 'object' || data === null || !('formatVersion' in data)) return 0;
  return typeof data.formatVersion === 'number' ? data.formatVersion : 0;
}

function newerFormat(file: string, version: number, known: number): AppError {
  return new AppError(
    'newer-format',
    `cannot read "${file}": it has format version ${String(version)}, and this version knows ` +
      `at most ${String(known)}; install the newer version again, or move the file away`,
  );
}

function otherVersion(file: string, field: string): AppError {
  return new AppError(
    'newer-format',
    `cannot read "${file}": this version does not know the field "${printable(field)}"; install ` +
      'the version that wrote the file again, or move the file away',
  );
}
