/**
 * The audit log in files of JSON lines: `audit.jsonl`, which only grows, and the older ones
 * `audit.1.jsonl` to `audit.8.jsonl`. Only the controller's user can read them.
 */
import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import { fromSystemError, systemCodeOf } from '../../../runtime/errors.ts';
import { syncFolder } from '../../../runtime/files/atomic-file.ts';
import type { AuditEntry, AuditLog, AuditQuery } from '../../ports/audit-log.ts';

export interface AuditFileOptions {
  readonly folder: string;
  /** A file that is larger is put aside. Default 8 MiB. */
  readonly maxBytes?: number;
}

const mib = 1024 * 1024;
const olderFiles = 8;

export function createAuditFile({ folder, maxBytes = 8 * mib }: AuditFileOptions): AuditLog {
  let opened: { readonly file: FileHandle; size: number } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const close = async (): Promise<void> => {
    const { file } = opened ?? {};
    opened = undefined;
    await file?.close();
  };
  const write = async (line: string): Promise<void> => {
    if (opened !== undefined && opened.size >= maxBytes) {
      await close();
      await putAside(folder);
    }
    opened ??= await openFile(folder);
    try {
      await opened.file.appendFile(line);
      await opened.file.datasync();
      opened.size += Buffer.byteLength(line);
    } catch (error) {
      // Half a line may be there; the next opening ends it.
      await close().catch(() => undefined);
      throw error;
    }
  };
  return {
    append: (entry) =>
      inTurn(async () => {
        try {
          await write(`${JSON.stringify(entry)}\n`);
        } catch (error) {
          throw fromSystemError(`cannot write the audit log in "${folder}"`, error);
        }
      }),
    read: (query) =>
      inTurn(async () => {
        try {
          return await newestActions(folder, query);
        } catch (error) {
          throw fromSystemError(`cannot read the audit log in "${folder}"`, error);
        }
      }),
    close: () => inTurn(close),
  };
}

async function openFile(folder: string): Promise<{ readonly file: FileHandle; size: number }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await open(nameOf(folder, 0), 'a+', 0o600);
  try {
    const { size } = await file.stat();
    await syncFolder(folder);
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
    // A crash cut the last line: the next one must not become a part of it.
    if (size > 0 && buffer.toString() !== '\n') await file.appendFile('\n');
    return { file, size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function putAside(folder: string): Promise<void> {
  for (let number = olderFiles - 1; number >= 0; number -= 1) {
    await rename(nameOf(folder, number), nameOf(folder, number + 1)).catch(ignoreMissing);
  }
  await syncFolder(folder);
}

/** @param number 0: the one that is written */
function nameOf(folder: string, number: number): string {
  return path.join(folder, number === 0 ? 'audit.jsonl' : `audit.${String(number)}.jsonl`);
}

/** Reads no more of the files than the query needs. */
async function newestActions(
  folder: string,
  { since = '', limit }: AuditQuery,
): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = [];
  const ended = new Set<string>();
  for (let number = 0; number <= olderFiles; number += 1) {
    const text = await readFile(nameOf(folder, number), 'utf8').catch(ignoreMissing);
    for (const line of text?.split('\n').toReversed() ?? []) {
      const entry = entryOf(line);
      if (entry === undefined) continue;
      if (found.length === limit || entry.at < since) return found.toReversed();
      if (entry.phase === 'ended') ended.add(entry.id);
      if (entry.phase === 'ended' || !ended.has(entry.id)) found.push(entry);
    }
  }
  return found.toReversed();
}

/** Undefined: it is no entry, as a line that a crash has cut. */
function entryOf(line: string): AuditEntry | undefined {
  if (line === '') return undefined;
  const parsed = parseJson(line, jsonBounds.state);
  return parsed.ok && isEntry(parsed.data) ? parsed.data : undefined;
}

function isEntry(value: unknown): value is AuditEntry {
  if (typeof value !== 'object' || value === null) return false;
  const texts = ['at', 'id', 'by', 'how', 'action'];
  const phase: unknown = Reflect.get(value, 'phase');
  const details: unknown = Reflect.get(value, 'details');
  return (
    texts.every((name) => typeof Reflect.get(value, name) === 'string') &&
    (phase === 'begun' || phase === 'ended') &&
    typeof details === 'object' &&
    details !== null
  );
}

function ignoreMissing(error: unknown): undefined {
  if (systemCodeOf(error) === 'ENOENT') return undefined;
  throw error;
}
