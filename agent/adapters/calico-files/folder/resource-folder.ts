/** Reads the folder's YAML documents back. An unchanged file is not parsed again. */
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { byText } from '../../../../core/by-text.ts';
import { parseResource } from '../../../../core/observe/parse-resource.ts';
import type { CalicoResource, ResourceKind } from '../../../../core/calico/resource.ts';
import { listedObjects } from '../../../../core/input/listed-objects.ts';
import type { PlacedDocument } from '../../../../core/survey/survey-documents.ts';
import { AppError, fromSystemError, reasonOf, systemCodeOf } from '../../../../runtime/errors.ts';
import { readTextFile } from '../../../../runtime/files/read-text-file.ts';
import { isNodeCommandsFile, resourceFileName } from './file-name.ts';
import type { Texts } from '../../../ports/texts.ts';

const maxFileBytes = 1024 * 1024;
const maxFiles = 50_000;

export interface FoundResource {
  readonly resource: CalicoResource;
  readonly file: string;
  /** Its file has no other document. */
  readonly alone: boolean;
}

export interface ResourceFolder {
  read(): Promise<readonly FoundResource[]>;
  /** A resource as the last read found it. */
  find(kind: ResourceKind, name: string): FoundResource | undefined;
  /** Reads the whole document, with the fields that we do not know. */
  readRaw(kind: ResourceKind, name: string): Promise<unknown>;
  /** Reads every object of every file, of any kind. */
  readAll(): Promise<readonly PlacedDocument[]>;
  /** Names of other files in the folder, and of folders, which end with "/". */
  others(): Promise<readonly string[]>;
}

interface ParsedFile {
  readonly signature: string;
  readonly found: readonly FoundResource[];
}

export function createResourceFolder(folder: string, texts: Texts): ResourceFolder {
  let files: ReadonlyMap<string, ParsedFile> = new Map();
  let byName: ReadonlyMap<string, FoundResource> = new Map();
  return {
    read: async () => {
      const parsed = new Map<string, ParsedFile>();
      for (const name of await documentNames(folder)) {
        const file = path.join(folder, name);
        const signature = await signatureOf(file);
        if (signature === undefined) continue;
        const known = files.get(name);
        const fresh =
          known?.signature === signature
            ? known
            : { signature, found: await parseFile(file, texts) };
        parsed.set(name, fresh);
      }
      files = parsed;
      byName = indexResources([...parsed.values()].flatMap(({ found }) => found));
      return [...byName.values()];
    },
    find: (kind, name) => byName.get(keyOf(kind, name)),
    readRaw: async (kind, name) => {
      const file = byName.get(keyOf(kind, name))?.file;
      const documents = file === undefined ? [] : await readDocuments(file, texts);
      return documents.find((document) => {
        const parsed = parseResource(document);
        if (parsed.kind !== 'resource') return false;
        return parsed.resource.kind === kind && parsed.resource.metadata.name === name;
      });
    },
    readAll: async () => {
      const all: PlacedDocument[] = [];
      for (const name of await documentNames(folder)) {
        // Passes over everything that is not a file, as pipes and folders.
        if ((await signatureOf(path.join(folder, name))) === undefined) continue;
        const documents = await readDocuments(path.join(folder, name), texts);
        all.push(
          ...documents.map((document) => ({
            file: name,
            document,
            wins: isOwnFile(name, document),
          })),
        );
      }
      return all;
    },
    others: () => otherNames(folder),
  };
}

function isOwnFile(name: string, document: unknown): boolean {
  const parsed = parseResource(document);
  if (parsed.kind !== 'resource') return false;
  const { kind, metadata } = parsed.resource;
  return name === resourceFileName(kind, metadata.name);
}

/** If a person's file has the same resource, the one in our own file counts. */
function indexResources(found: readonly FoundResource[]): ReadonlyMap<string, FoundResource> {
  const index = new Map<string, FoundResource>();
  for (const one of found) {
    const { kind, metadata } = one.resource;
    const key = keyOf(kind, metadata.name);
    const isOurs = path.basename(one.file) === resourceFileName(kind, metadata.name);
    if (isOurs || !index.has(key)) index.set(key, one);
  }
  return index;
}

function keyOf(kind: ResourceKind, name: string): string {
  return `${kind}/${name}`;
}

async function documentNames(folder: string): Promise<readonly string[]> {
  try {
    const names = (await readdir(folder)).filter((name) => documentName.test(name));
    if (names.length <= maxFiles) return names.sort();
    throw new AppError(
      'datastore-failed',
      `cannot read "${folder}": it has more than ${String(maxFiles)} files`,
      { retryable: true },
    );
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw fromSystemError(`cannot read "${folder}"`, error);
  }
}

const documentName = /^[^.].*\.(ya?ml|json)$/;

async function otherNames(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw fromSystemError(`cannot read "${folder}"`, error);
  });
  return entries
    .filter(({ name }) => !name.startsWith('.') && !isNodeCommandsFile(name))
    .filter((entry) => entry.isDirectory() || !documentName.test(entry.name))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .toSorted(byText);
}

/**
 * Changes whenever the file's content may have changed; undefined: it is not a file, or it is gone.
 */
async function signatureOf(file: string): Promise<string | undefined> {
  const look = (ask: typeof stat): Promise<BigIntStats | undefined> =>
    ask(file, { bigint: true }).catch((error: unknown) => {
      if (systemCodeOf(error) === 'ENOENT') return undefined;
      throw fromSystemError(`cannot read "${file}"`, error);
    });
  const named = await look(lstat);
  if (named?.isSymbolicLink() === true) refuseForeignLink(file, named);
  const found = await look(stat);
  if (found === undefined || !found.isFile()) return undefined;
  return [found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ');
}

/** This process is root: by another user's link it would read files that this user may not read. */
function refuseForeignLink(file: string, { uid }: BigIntStats): void {
  if (uid === 0n || uid === BigInt(process.geteuid?.() ?? 0)) return;
  throw unreadable(file, 'it is a symbolic link of another user, which the agent does not follow');
}

async function parseFile(file: string, texts: Texts): Promise<readonly FoundResource[]> {
  const documents = await readDocuments(file, texts);
  return documents.flatMap((document) => {
    const parsed = parseResource(document);
    if (parsed.kind === 'broken') throw unreadable(file, parsed.message);
    return parsed.kind === 'foreign'
      ? []
      : [{ resource: parsed.resource, file, alone: documents.length === 1 }];
  });
}

/** Every document of a file, as plain data. @throws AppError that names the file */
async function readDocuments(file: string, texts: Texts): Promise<readonly unknown[]> {
  try {
    const text = await readTextFile(file, maxFileBytes);
    if (text === undefined) return [];
    const read = await texts.readDocuments(text);
    if (!read.ok) throw new Error(read.reason);
    return read.documents.flatMap((document) => listedObjects(document));
  } catch (error) {
    throw unreadable(file, reasonOf(error).split('\n')[0] ?? '');
  }
}

/** Retryable, because a person can mend the file. */
function unreadable(file: string, reason: string): AppError {
  return new AppError(
    'datastore-failed',
    `cannot read "${file}": ${reason}; mend it or move it away`,
    { retryable: true },
  );
}
