/**
 * MetalLB's objects as files, one for each, in a folder beside Calico's documents: `kubectl apply -f FOLDER/metallb`
 * applies them. A folder of its own, because calicoctl refuses a folder that holds other kinds than Calico's.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { isMap, textMapAt, type PlainMap } from '../../../../core/input/plain-data.ts';
import type { ClusterChange } from '../../../../core/platform/cluster/cluster-change.ts';
import type { ClusterEdit, ObjectEdit } from '../../../../core/platform/cluster/cluster-edit.ts';
import { pathText } from '../../../../core/platform/cluster/cluster-edit.ts';
import { objectDifference } from '../../../../core/platform/cluster/object-difference.ts';
import {
  isOfMetalLb,
  isSameRef,
  refText,
  type ObjectRef,
} from '../../../../core/platform/cluster/object-ref.ts';
import type { ObservedObject } from '../../../../core/platform/cluster/observed-cluster.ts';
import {
  createdMark,
  editedLabel,
  undoAnnotation,
} from '../../../../core/platform/cluster/undo-annotation.ts';
import { wholeContent } from '../../../../core/platform/cluster/whole-content.ts';
import { managedBy, managedByLabel } from '../../../../core/render/ownership.ts';
import { digestOf } from '../../../../core/revision/digest.ts';
import { AppError, fromSystemError, systemCodeOf } from '../../../../runtime/errors.ts';
import { removeFile, writeFileAtomic } from '../../../../runtime/files/atomic-file.ts';
import { inPinnedFolder } from '../../../../runtime/files/pinned-folder.ts';
import { readTextFile } from '../../../../runtime/files/read-text-file.ts';
import type { ObjectFiles } from '../../../ports/platform/object-files.ts';
import type { Texts } from '../../../ports/texts.ts';
import type { FolderWatch } from '../watch.ts';
import { createObjectFolder, inFolder, objectFileName, type FoundObject } from './object-folder.ts';

const maxFileBytes = 1024 * 1024;
const head = '# Written by calico-agent, which puts changes of this file back.\n';

type WholeEdit = Extract<ObjectEdit, { readonly form: 'object' }>;

interface KnownObjectFiles extends ObjectFiles {
  /** As they were read or written last. */
  hasObjects(): boolean;
}

export function objectsFolder(folder: string): string {
  return path.join(folder, 'metallb');
}

/** @param folder that of Calico's documents. @param watch that of the folder of the objects */
export function createObjectFiles(
  folder: string,
  texts: Texts,
  watch: Pick<FolderWatch, 'arm'>,
): KnownObjectFiles {
  const own = objectsFolder(folder);
  const objects = createObjectFolder(own, texts);
  const change = async (object: ObjectRef, version: string | undefined, text?: string) => {
    const file = objectFileName(object);
    const use = async (pinned: string): Promise<void> => {
      const at = path.join(pinned, file);
      const current = await readTextFile(at, maxFileBytes, { noLinks: true });
      if (current === text) return;
      if (current !== undefined && digestOf(current) !== version) throw changedMeanwhile(object);
      if (text === undefined) await removeFile(at);
      else await writeFileAtomic(at, text, { mode: 0o644 });
    };
    if (text === undefined) return inFolder(own, use);
    await makeFolders(folder, own);
    watch.arm();
    return inPinnedFolder(own, use);
  };
  const ours = async () => (await objects.read()).filter(({ isOurs }) => isOurs);
  let count = 0;
  return {
    folder: own,
    hasObjects: () => count > 0,
    takes: (edit) => edit.form === 'object' && isOfMetalLb(edit.object.kind),
    observe: async (edits) => {
      const found = await objects.read();
      count = found.length;
      const asked = edits.filter(isWhole);
      const refs = asked.map(({ object }) => object);
      const left = found.filter(
        ({ isOurs, object }) => isOurs && !refs.some((ref) => isSameRef(ref, object)),
      );
      const all = [...distinct(refs), ...left.map(({ object }) => object)];
      return {
        objects: all.map((object) => observedObject(object, asked, found)),
        workloads: [],
        strayPods: [],
      };
    },
    apply: async (wanted) => {
      if (wanted.action === 'delete-object') await change(wanted.object, wanted.version);
      else {
        await change(...(await written(wanted, texts)));
        count += 1;
      }
    },
    owned: async () => (await ours()).map(({ object }) => object),
    release: async (object) => {
      const found = (await ours()).find((one) => isSameRef(one.object, object));
      if (found === undefined) return;
      await change(object, found.version, await texts.writeObject(released(found.document)));
    },
  };
}

async function written(
  wanted: ClusterChange,
  texts: Texts,
): Promise<[object: ObjectRef, version: string | undefined, text: string]> {
  const content = wanted.action === 'apply-object' ? wanted.write?.content : undefined;
  if (wanted.action !== 'apply-object' || content === undefined) {
    throw new AppError('internal', `there are no files for the change "${wanted.action}"`);
  }
  const text = await texts.writeObject(withMarks(content));
  return [wanted.object, wanted.version, head + text];
}

function isWhole(edit: ClusterEdit): edit is WholeEdit {
  return edit.form === 'object';
}

function distinct(refs: readonly ObjectRef[]): readonly ObjectRef[] {
  return refs.filter((ref, index) => refs.findIndex((one) => isSameRef(one, ref)) === index);
}

/** The agent's own file becomes what is asked for as a whole; another file with the object is never written. */
function observedObject(
  object: ObjectRef,
  edits: readonly WholeEdit[],
  all: readonly FoundObject[],
): ObservedObject {
  const content = wholeContent(edits.filter((edit) => isSameRef(edit.object, object)));
  const found = all.find((one) => isSameRef(one.object, object));
  const undo = { state: found?.isOurs === true ? 'created' : 'none' } as const;
  if (found === undefined)
    return { object, undo, conflicts: [], ...(content && { applied: content }) };
  const before = withoutMarks(found.document);
  const base = { object, before, version: found.version, undo };
  if (content === undefined) return { ...base, conflicts: [] };
  if (found.isOurs) return { ...base, conflicts: [], applied: content };
  const managers = [`the file "${found.file}"`];
  const conflicts = differing(before, content).map((field) => ({ path: field, managers }));
  return { ...base, conflicts, applied: before };
}

/** The fields that are asked for and have another value. A person's file needs no mark of the agent. */
function differing(before: PlainMap, content: PlainMap): readonly string[] {
  const labels = { ...textMapAt(content, 'metadata', 'labels') };
  delete labels[managedByLabel];
  const asked = { metadata: { labels }, spec: content['spec'] };
  const has = {
    metadata: { labels: { ...labels, ...pick(textMapAt(before, 'metadata', 'labels'), labels) } },
    spec: before['spec'],
  };
  const missing = Object.keys(labels).filter(
    (name) => textMapAt(before, 'metadata', 'labels')[name] === undefined,
  );
  return [
    ...missing.map((name) => `.metadata.labels.${name}`),
    ...objectDifference(has, asked).map((one) => `.${pathText(one.path)}`),
  ];
}

function pick(
  from: Readonly<Record<string, string>>,
  names: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => Object.hasOwn(names, name)));
}

/** The same marks as in a cluster: an agent that gets a way to it later knows the objects as its own. */
function withMarks(content: PlainMap): PlainMap {
  const metadata = isMap(content['metadata']) ? content['metadata'] : {};
  const annotations = { ...textMapAt(metadata, 'annotations'), [undoAnnotation]: createdMark };
  const labels = { ...textMapAt(metadata, 'labels'), [editedLabel]: 'true' };
  return { ...content, metadata: { ...metadata, annotations, labels } };
}

/** Without all marks: no later configuration takes the object for the agent's. */
function released(document: PlainMap): PlainMap {
  const isOurs = textMapAt(document, 'metadata', 'labels')[managedByLabel] === managedBy;
  return withoutMarks(document, isOurs ? [editedLabel, managedByLabel] : [editedLabel]);
}

function withoutMarks(document: PlainMap, marks: readonly string[] = [editedLabel]): PlainMap {
  const metadata = isMap(document['metadata']) ? document['metadata'] : {};
  const { annotations: _annotations, labels: _labels, ...others } = metadata;
  const annotations = { ...textMapAt(metadata, 'annotations') };
  delete annotations[undoAnnotation];
  const labels = Object.fromEntries(
    Object.entries(textMapAt(metadata, 'labels')).filter(([name]) => !marks.includes(name)),
  );
  return {
    ...document,
    metadata: {
      ...others,
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ...(Object.keys(labels).length > 0 && { labels }),
    },
  };
}

async function makeFolders(folder: string, own: string): Promise<void> {
  const failed = (error: unknown): never => {
    throw fromSystemError(`cannot make the folder "${own}"`, error);
  };
  await mkdir(folder, { recursive: true, mode: 0o755 }).catch(failed);
  await mkdir(own, { mode: 0o755 }).catch((error: unknown) => {
    if (systemCodeOf(error) !== 'EEXIST') failed(error);
  });
}

function changedMeanwhile(object: ObjectRef): AppError {
  const message = `cannot write the file of ${refText(object)}: somebody changed it meanwhile`;
  return new AppError('datastore-conflict', message, { retryable: true });
}
