/**
 * The embedded default: one YAML document per resource in a folder, as `calicoctl apply -f FOLDER`
 * or `kubectl apply -f FOLDER` takes it. Nothing reaches a cluster by it.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Change } from '../../../core/plan/plan.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { ownerOf, released, markedBy, stamped } from '../../../core/render/ownership.ts';
import type { CalicoResource } from '../../../core/calico/resource.ts';
import { removeFile, writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { AppError, fromSystemError } from '../../../runtime/errors.ts';
import type { CalicoDatastore } from '../../ports/calico-datastore.ts';
import type { ConnectedDatastore } from '../../ports/connected-datastore.ts';
import { diagnoseFiles } from './diagnose.ts';
import { anyNodeCommandsFile, resourceFileName } from './folder/file-name.ts';
import { keepForeignFields } from './folder/keep-foreign-fields.ts';
import { createFilesSurvey } from './survey.ts';
import { filesWriterLease } from './writer-lease.ts';
import type { Texts } from '../../ports/texts.ts';
import { textsHere } from './folder/texts-here.ts';
import { createNodeFiles, nodeStateFolder } from './folder/node-files.ts';
import { createResourceFolder, type ResourceFolder } from './folder/resource-folder.ts';
import { createFolderWatch } from './watch.ts';
import type { Tool } from '../../../core/render/documents/documents.ts';

export interface CalicoFilesOptions {
  readonly folder: string;
  readonly tool: Tool;
}

/** All that we write in. */
export function resourceFolders(folder: string): readonly string[] {
  return [folder, nodeStateFolder(folder)];
}

type Executors = {
  readonly [Action in Change['action']]: (
    change: Extract<Change, { readonly action: Action }>,
    revision: RevisionRef,
  ) => Promise<void>;
};

/** @param texts default: in this process, for commands */
export function createCalicoFiles(
  options: CalicoFilesOptions,
  texts: Texts = textsHere,
): ConnectedDatastore {
  const documents = createResourceFolder(options.folder, texts);
  return {
    datastore: createFilesDatastore(options, documents, texts),
    writerLease: filesWriterLease,
    survey: createFilesSurvey(options.folder, documents),
    diagnosis: { diagnose: () => diagnoseFiles(options.folder) },
  };
}

function createFilesDatastore(
  { folder, tool }: CalicoFilesOptions,
  documents: ResourceFolder,
  texts: Texts,
): CalicoDatastore {
  const nodes = createNodeFiles(folder, tool);
  const folderWatch = createFolderWatch(folder);

  const fileOf = ({ kind, metadata }: CalicoResource): string =>
    path.join(folder, resourceFileName(kind, metadata.name));
  const writeDocument = async (resource: CalicoResource): Promise<void> => {
    const text = await texts.writeDocument(resource, tool);
    await writeFileAtomic(fileOf(resource), text, { mode: 0o644 });
  };
  const write: Executors['create'] = async ({ resource, scope }, revision) => {
    const current = await documents.readRaw(resource.kind, resource.metadata.name);
    await writeDocument(keepForeignFields(stamped(resource, scope, revision), current));
  };
  const writeUpdate: Executors['update'] = async (change, revision) => {
    const { kind, metadata } = change.resource;
    const current = await documents.readRaw(kind, metadata.name);
    await writeDocument(keepForeignFields(markedBy(change, revision), current));
  };
  const executors: Executors = {
    create: write,
    update: writeUpdate,
    delete: async ({ kind, name }) => {
      const found = documents.find(kind, name);
      if (found !== undefined && !found.alone) throw notAlone(kind, name, found.file);
      await removeFile(found?.file ?? path.join(folder, resourceFileName(kind, name)));
    },
    release: async ({ before }) => {
      const current = await documents.readRaw(before.kind, before.metadata.name);
      if (current === undefined) return;
      const bare = { ...before, metadata: { name: before.metadata.name } };
      await writeDocument(released(keepForeignFields(bare, current)));
    },
    'patch-node': ({ node, after }) => nodes.write(node, after),
  };

  return {
    driver: 'files',
    reachesCluster: false,
    message: `written to files, not applied to a cluster: ${howToApply(folder, tool)}`,
    observe: async (node) => ({
      resources: (await documents.read()).map(({ resource }) => {
        const owner = ownerOf(resource);
        return owner === undefined ? { resource } : { resource, owner };
      }),
      nodes: [{ name: node, settings: await nodes.read(node) }],
    }),
    apply: async (step, revision) => {
      await makeFolder(folder);
      folderWatch.arm();
      for (const change of step.changes) await execute(executors, change, revision);
    },
    // Of what lies in a folder nobody has addresses.
    poolUsage: (cidrs) => Promise.resolve(cidrs.map((cidr) => ({ cidr, addresses: 0 }))),
    preflight: () => Promise.resolve([]),
    watch: (_node, listener) => folderWatch.start(listener),
    close: () => Promise.resolve(),
  };
}

function execute(executors: Executors, change: Change, revision: RevisionRef): Promise<void> {
  switch (change.action) {
    case 'create':
      return executors.create(change, revision);
    case 'update':
      return executors.update(change, revision);
    case 'delete':
      return executors.delete(change, revision);
    case 'release':
      return executors.release(change, revision);
    case 'patch-node':
      return executors['patch-node'](change, revision);
  }
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 }).catch((error: unknown) => {
    throw fromSystemError(`cannot make the folder "${folder}"`, error);
  });
}

function notAlone(kind: string, name: string, file: string): AppError {
  return new AppError(
    'datastore-failed',
    `cannot delete ${kind} "${name}": "${file}" holds other documents as well; take it out of there`,
    { retryable: true },
  );
}

function howToApply(folder: string, tool: Tool): string {
  const program = tool === 'calicoctl' ? 'calicoctl' : 'kubectl';
  return `first run ${path.join(folder, anyNodeCommandsFile)}, then ${program} apply -f ${folder}`;
}
