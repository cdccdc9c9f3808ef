/** Reads MetalLB's objects back from the files of a folder. An unchanged text is not parsed again. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { byText } from '../../../../core/by-text.ts';
import { listedObjects } from '../../../../core/input/listed-objects.ts';
import { isMap, textAt, textMapAt, type PlainMap } from '../../../../core/input/plain-data.ts';
import {
  isObjectKind,
  isOfMetalLb,
  objectKinds,
  refText,
  type ObjectKind,
  type ObjectRef,
} from '../../../../core/platform/cluster/object-ref.ts';
import { createdMark, undoAnnotation } from '../../../../core/platform/cluster/undo-annotation.ts';
import { digestOf } from '../../../../core/revision/digest.ts';
import { AppError, fromSystemError, reasonOf } from '../../../../runtime/errors.ts';
import { inPinnedFolder } from '../../../../runtime/files/pinned-folder.ts';
import { readTextFile } from '../../../../runtime/files/read-text-file.ts';
import type { Texts } from '../../../ports/texts.ts';
import { safeName } from '../folder/file-name.ts';

const maxFileBytes = 1024 * 1024;
const maxFiles = 5000;
const documentName = /^[^.].*\.(ya?ml|json)$/u;
const groupOfMetalLb = 'metallb.io/';

export interface FoundObject {
  readonly object: ObjectRef;
  readonly document: PlainMap;
  /** The file's name in the folder. */
  readonly file: string;
  /** The digest of the file's text. */
  readonly version: string;
  /** The agent wrote the file: it has the name and the mark that the agent gives. */
  readonly isOurs: boolean;
}

export interface ObjectFolder {
  /** One for each object; of several files with the same object, the agent's own counts. @throws AppError */
  read(): Promise<readonly FoundObject[]>;
}

/** `40-bgppeer-metallb-system.rack-0.yaml`: a namespace has no dot, so that two objects never have the same name. */
export function objectFileName({ kind, namespace = '', name }: ObjectRef): string {
  const order = Object.keys(objectKinds).filter(isObjectKind).filter(isOfMetalLb).indexOf(kind);
  return `${String(10 * (order + 1))}-${kind.toLowerCase()}-${safeName(`${namespace}.${name}`)}.yaml`;
}

export function createObjectFolder(folder: string, texts: Texts): ObjectFolder {
  let known = new Map<
    string,
    { readonly version: string; readonly found: readonly FoundObject[] }
  >();
  const readFile = async (pinned: string, name: string): Promise<void> => {
    const text = await readTextFile(path.join(pinned, name), maxFileBytes, {
      noLinks: true,
      place: `"${path.join(folder, name)}"`,
    }).catch((error: unknown) => {
      throw unreadable(reasonOf(error));
    });
    // It was removed meanwhile.
    if (text === undefined) return void known.delete(name);
    const version = digestOf(text);
    if (known.get(name)?.version === version) return;
    const found = await parseFile(path.join(folder, name), text, version, texts);
    known.set(name, { version, found });
  };
  return {
    read: async () => {
      const names = await inFolder(folder, async (pinned) => {
        const all = await namesIn(pinned);
        for (const name of all) await readFile(pinned, name);
        return all;
      });
      known = new Map([...known].filter(([name]) => names?.includes(name) === true));
      return indexed([...known.values()].flatMap(({ found }) => found));
    },
  };
}

/** Follows no link, because the folder may be another user's, and this process is root. Undefined: there is none. */
export async function inFolder<T>(
  folder: string,
  use: (pinned: string) => Promise<T>,
): Promise<T | undefined> {
  return inPinnedFolder(folder, use).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not-found') return undefined;
    throw error;
  });
}

async function namesIn(pinned: string): Promise<readonly string[]> {
  const names = await readdir(pinned).catch((error: unknown) => {
    throw fromSystemError(`cannot read "${pinned}"`, error);
  });
  const documents = names.filter((name) => documentName.test(name)).toSorted(byText);
  if (documents.length <= maxFiles) return documents;
  throw new AppError(
    'datastore-failed',
    `cannot read "${pinned}": it has more than ${String(maxFiles)} files`,
    { retryable: true },
  );
}

async function parseFile(
  file: string,
  text: string,
  version: string,
  texts: Texts,
): Promise<readonly FoundObject[]> {
  const cannot = (reason: string): AppError => unreadable(`cannot read "${file}": ${reason}`);
  const read = await texts.readDocuments(text);
  if (!read.ok) throw cannot(read.reason);
  const documents = read.documents.flatMap((document) => listedObjects(document));
  const found: FoundObject[] = [];
  for (const document of documents) {
    if (document === null) continue;
    if (!isMap(document)) throw cannot('a document is no object of Kubernetes');
    const kind = kindOf(document);
    if (kind === undefined) continue;
    const name = textAt(document, 'metadata', 'name');
    if (name === undefined) throw cannot(`its ${kind} has no name`);
    // kubectl uses its context's namespace for an object without one.
    const object = {
      kind,
      namespace: textAt(document, 'metadata', 'namespace') ?? 'default',
      name,
    };
    const isOwnFile = path.basename(file) === objectFileName(object) && isMarked(document);
    if (isOwnFile && documents.length > 1) {
      throw cannot(`beside the agent's ${refText(object)} it holds other documents`);
    }
    found.push({ object, document, file: path.basename(file), version, isOurs: isOwnFile });
  }
  return found;
}

function kindOf(document: PlainMap): ObjectKind | undefined {
  const { kind } = document;
  const isOfGroup = textAt(document, 'apiVersion')?.startsWith(groupOfMetalLb) === true;
  return isOfGroup && isObjectKind(kind) && isOfMetalLb(kind) ? kind : undefined;
}

function isMarked(document: PlainMap): boolean {
  return textMapAt(document, 'metadata', 'annotations')[undoAnnotation] === createdMark;
}

function indexed(found: readonly FoundObject[]): readonly FoundObject[] {
  const index = new Map<string, FoundObject>();
  for (const one of found) {
    const key = refText(one.object);
    if (one.isOurs || !index.has(key)) index.set(key, one);
  }
  return [...index.values()];
}

/** Retryable, because a person can mend the file. */
function unreadable(message: string): AppError {
  return new AppError('datastore-failed', `${message}; mend the file or move it away`, {
    retryable: true,
  });
}
