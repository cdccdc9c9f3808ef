/** The agent's notes about interfaces of the cloud that it changed: cloud-notes.json. */
import path from 'node:path';
import type { CloudNote } from '../../../core/cloud/observed-cloud.ts';
import { writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { largeFileBytes, readJsonFile } from '../../../runtime/files/read-json-file.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { CloudNotes } from '../../ports/cloud/cloud-notes.ts';
import { makeFolder } from './state-folders.ts';

export function createCloudNotesFile(directory: string, logger: Pick<Logger, 'warn'>): CloudNotes {
  const file = path.join(directory, 'cloud-notes.json');
  let known: readonly CloudNote[] | undefined;
  return {
    load: async () => {
      known ??= await read(file, logger);
      return known;
    },
    save: async (interfaces) => {
      await makeFolder(directory);
      await writeFileAtomic(file, JSON.stringify({ formatVersion: 1, interfaces }));
      known = interfaces;
    },
  };
}

async function read(file: string, logger: Pick<Logger, 'warn'>): Promise<readonly CloudNote[]> {
  const { isCloudNotes: isValid } =
    await import('../../../schemas/generated/cloud-notes.validator.js');
  const options = { maxBytes: largeFileBytes, formatVersion: 1, isValid, logger };
  return (await readJsonFile(file, options))?.interfaces ?? [];
}
