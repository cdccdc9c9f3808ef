/**
 * The default driver: one YAML document per resource in a folder, for `calicoctl apply -f FOLDER`
 * or `kubectl apply -f FOLDER`. The driver itself changes no cluster.
 */
import path from 'node:path';
import type { Tool } from '../../../core/render/documents/documents.ts';
import type { CalicoDatastore } from '../../ports/datastore/calico-datastore.ts';
import type {
  ConnectedDatastore,
  DriverOptions,
} from '../../ports/datastore/connected-datastore.ts';
import { applyStep } from './apply-step.ts';
import { diagnoseFiles } from './diagnose.ts';
import { anyNodeCommandsFile } from './folder/file-name.ts';
import { createNodeFiles, nodeStateFolder } from './folder/node-files.ts';
import { createResourceFolder, type ResourceFolder } from './folder/resource-folder.ts';
import { textsHere } from './folder/texts-here.ts';
import { createObjectFiles, objectsFolder } from './objects/object-files.ts';
import { observeFiles } from './observe.ts';
import { createFilesSurvey } from './survey.ts';
import { createFolderWatch, type FolderWatch } from './watch.ts';
import { filesWriterLease } from './writer-lease.ts';
import type { Texts } from '../../ports/texts.ts';

export interface FilesSettings {
  readonly folder: string;
  /** The program that applies the documents. */
  readonly tool: Tool;
}

/** All folders in which the driver writes. */
export function resourceFolders(folder: string): readonly string[] {
  return [folder, nodeStateFolder(folder), objectsFolder(folder)];
}

export function createCalicoFiles(
  settings: FilesSettings,
  { texts = textsHere }: Pick<DriverOptions, 'texts'> = {},
): ConnectedDatastore {
  const documents = createResourceFolder(settings.folder, texts);
  const ofObjects = createFolderWatch(objectsFolder(settings.folder));
  const objects = createObjectFiles(settings.folder, texts, ofObjects);
  return {
    datastore: createDatastore(settings, documents, texts, {
      watch: ofObjects,
      isThere: objects.hasObjects,
    }),
    objects,
    writerLease: filesWriterLease,
    survey: createFilesSurvey(settings.folder, documents),
    diagnosis: { diagnose: () => diagnoseFiles(settings.folder) },
  };
}

function createDatastore(
  { folder, tool }: FilesSettings,
  documents: ResourceFolder,
  texts: Texts,
  ofObjects: { readonly watch: FolderWatch; readonly isThere: () => boolean },
): CalicoDatastore {
  const nodes = createNodeFiles(folder, tool);
  const folderWatch = createFolderWatch(folder);
  return {
    driver: 'files',
    reachesCluster: false,
    get message() {
      const objects = ofObjects.isThere() ? `, and kubectl apply -f ${objectsFolder(folder)}` : '';
      return `written to files, not applied to a cluster: ${howToApply(folder, tool)}${objects}`;
    },
    observe: (node) => observeFiles(documents, nodes, node),
    apply: (step, revision) =>
      applyStep({ folder, tool, documents, nodes, texts, folderWatch }, step, revision),
    // A pool in a folder has no addresses in use.
    poolUsage: (cidrs) => Promise.resolve(cidrs.map((cidr) => ({ cidr, addresses: 0 }))),
    preflight: () => Promise.resolve([]),
    watch: (_node, listener) => {
      const watches = [folderWatch.start(listener), ofObjects.watch.start(listener)];
      return {
        stop: async () => {
          for (const one of watches) await one.stop();
        },
      };
    },
    close: () => Promise.resolve(),
  };
}

function howToApply(folder: string, tool: Tool): string {
  const program = tool === 'calicoctl' ? 'calicoctl' : 'kubectl';
  return `first run ${path.join(folder, anyNodeCommandsFile)}, then ${program} apply -f ${folder}`;
}
