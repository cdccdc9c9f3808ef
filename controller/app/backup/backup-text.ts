/** A backup of a store as text: a line of JSON for its head, each record, and its end. */
import { createHash } from 'node:crypto';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import { valueAt } from '../../../core/input/plain-data.ts';
import { AppError } from '../../../runtime/errors.ts';
import type {
  BackupEnd,
  BackupHead,
  BackupRecord,
  StoreBackupLine,
} from '../../../schemas/generated/store-backup.ts';
import { isStoreBackup } from '../../../schemas/generated/store-backup.validator.js';

export interface Backup {
  readonly head: BackupHead;
  readonly records: readonly BackupRecord[];
}

const formatVersion = 1;

/** The lines of a backup, each with its line break. */
export async function* backupLines(
  head: Omit<BackupHead, 'backup' | 'formatVersion'>,
  records: AsyncIterable<BackupRecord>,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const lineOf = (data: StoreBackupLine): Buffer => {
    const line = Buffer.from(`${JSON.stringify(data)}\n`);
    hash.update(line);
    return line;
  };
  yield lineOf({ backup: 'calico-controller', formatVersion, ...head });
  let count = 0;
  for await (const { kind, key, text } of records) {
    count += 1;
    yield lineOf({ kind, key, text });
  }
  yield lineOf({ records: count, digest: `sha256:${hash.copy().digest('hex')}` });
}

/**
 * Reads a backup whole. @param file for messages
 * @throws AppError corrupt-file where anything is missing, changed or too much; newer-format
 */
export async function readBackup(file: string, lines: AsyncIterable<Buffer>): Promise<Backup> {
  const hash = createHash('sha256');
  const names = new Set<string>();
  const records: BackupRecord[] = [];
  let head: BackupHead | undefined;
  let end: BackupEnd | undefined;
  for await (const line of lines) {
    if (end !== undefined) throw damaged(file, 'it goes on behind its end');
    const data = lineData(file, line);
    if ('backup' in data) {
      if (head !== undefined) throw damaged(file, 'it has two heads');
      head = data;
    } else if (head === undefined) throw damaged(file, 'it does not begin with its head');
    else if ('digest' in data) {
      if (data.digest !== `sha256:${hash.digest('hex')}`) throw damaged(file, 'its digest differs');
      end = data;
    } else {
      const name = `${data.kind} ${data.key}`;
      if (names.has(name)) throw damaged(file, `it has the ${data.kind} "${data.key}" twice`);
      names.add(name);
      records.push(data);
    }
    if (end === undefined) hash.update(line).update('\n');
  }
  if (head === undefined || end === undefined) throw damaged(file, 'its end is missing');
  if (end.records !== records.length) throw damaged(file, 'it does not have all of its records');
  return { head, records };
}

function lineData(file: string, line: Buffer): StoreBackupLine {
  const parsed = parseJson(line.toString(), jsonBounds.backupLine);
  if (parsed.ok && isStoreBackup(parsed.data)) return parsed.data;
  const version = parsed.ok ? valueAt(parsed.data, 'formatVersion') : undefined;
  if (typeof version === 'number' && version > formatVersion) {
    throw new AppError(
      'newer-format',
      `cannot restore "${file}": it has format version ${String(version)}, and this version knows at most ${String(formatVersion)}; install the newer version`,
    );
  }
  throw damaged(file, 'a line of it has no known form');
}

export function damaged(file: string, reason: string): AppError {
  return new AppError(
    'corrupt-file',
    `cannot restore "${file}": ${reason}; nothing was changed; take another backup`,
  );
}
