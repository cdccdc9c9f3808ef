/** Carries out a step: one file per resource, written atomically; one change after the other. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Change, Step } from '../../../core/plan/plan.ts';
import type { CalicoResource } from '../../../core/calico/resource.ts';
import type { Tool } from '../../../core/render/documents/documents.ts';
import { markedBy, released, stamped } from '../../../core/render/ownership.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError, fromSystemError } from '../../../runtime/errors.ts';
import { removeFile, writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import type { Texts } from '../../ports/texts.ts';
import { resourceFileName } from './folder/file-name.ts';
import { keepForeignFields } from './folder/keep-foreign-fields.ts';
import type { NodeFiles } from './folder/node-files.ts';
import type { ResourceFolder } from './folder/resource-folder.ts';
import type { FolderWatch } from './watch.ts';

export interface WrittenFolder {
  readonly folder: string;
  readonly tool: Tool;
  readonly documents: ResourceFolder;
  readonly nodes: NodeFiles;
  readonly texts: Texts;
  readonly folderWatch: Pick<FolderWatch, 'arm'>;
}

export async function applyStep(
  written: WrittenFolder,
  step: Step,
  revision: RevisionRef,
): Promise<void> {
  const { folder, folderWatch } = written;
  await mkdir(folder, { recursive: true, mode: 0o755 }).catch((error: unknown) => {
    throw fromSystemError(`cannot make the folder "${folder}"`, error);
  });
  folderWatch.arm();
  for (const change of step.changes) await writeChange(change, revision, written);
}

async function writeChange(
  change: Change,
  revision: RevisionRef,
  written: WrittenFolder,
): Promise<void> {
  const { documents, nodes, folder } = written;
  switch (change.action) {
    case 'create':
      return writeKeeping(stamped(change.resource, change.scope, revision), written);
    case 'update':
      return writeKeeping(markedBy(change, revision), written);
    case 'delete': {
      const { kind, name } = change;
      const found = documents.find(kind, name);
      if (found !== undefined && !found.alone) throw notAlone(kind, name, found.file);
      return removeFile(found?.file ?? path.join(folder, resourceFileName(kind, name)));
    }
    case 'release':
      return release(change.before, written);
    case 'patch-node':
      return nodes.write(change.node, change.after);
  }
}

/** Writes the document, and keeps the fields that others wrote into it. */
async function writeKeeping(resource: CalicoResource, written: WrittenFolder): Promise<void> {
  const { kind, metadata } = resource;
  const current = await written.documents.readRaw(kind, metadata.name);
  await writeDocument(keepForeignFields(resource, current), written);
}

/** Takes our marks off; a missing document has none. */
async function release(before: CalicoResource, written: WrittenFolder): Promise<void> {
  const { kind, metadata } = before;
  const current = await written.documents.readRaw(kind, metadata.name);
  if (current === undefined) return;
  const unmarked = { ...before, metadata: { name: metadata.name } };
  await writeDocument(released(keepForeignFields(unmarked, current)), written);
}

async function writeDocument(
  resource: CalicoResource,
  { folder, tool, texts }: WrittenFolder,
): Promise<void> {
  const { kind, metadata } = resource;
  const text = await texts.writeDocument(resource, tool);
  const file = path.join(folder, resourceFileName(kind, metadata.name));
  await writeFileAtomic(file, text, { mode: 0o644 });
}

function notAlone(kind: string, name: string, file: string): AppError {
  return new AppError(
    'datastore-failed',
    `cannot delete ${kind} "${name}": "${file}" holds other documents as well; take it out of there`,
    { retryable: true },
  );
}
