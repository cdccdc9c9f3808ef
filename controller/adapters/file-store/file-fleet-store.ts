/**
 * The fleet in a folder: `fleet.json`, and `revisions/<number>.json`, one file each because a
 * revision never changes and may be large.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fromSystemError } from '../../../runtime/errors.ts';
import { removeUnfinished } from '../../../runtime/files/atomic-file.ts';
import type { FleetStore } from '../../ports/fleet-store.ts';
import { createNodesFile } from './nodes-file.ts';
import { createRevisionFiles, type FleetFilesOptions } from './revision-files.ts';

export function fileFleetStore(folder: string, options: FleetFilesOptions): FleetStore {
  const revisionsFolder = path.join(folder, 'revisions');
  const nodes = createNodesFile(folder, options);
  const revisions = createRevisionFiles(revisionsFolder, options);
  return {
    load: async () => {
      await mkdir(revisionsFolder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
        throw fromSystemError(`cannot make the state directory "${folder}"`, error);
      });
      await Promise.all([folder, revisionsFolder].map(removeUnfinished));
      return { ...(await nodes.load()), ...(await revisions.newest()) };
    },
    addRevision: revisions.add,
    replaceRevision: revisions.replace,
    saveNodes: nodes.save,
  };
}
