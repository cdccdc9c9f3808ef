/** The agent's notes about files that it edited: host-edits.json, and host-originals/ beside it. */
import path from 'node:path';
import { writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { largeFileBytes, readJsonFile } from '../../../runtime/files/read-json-file.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { HostEdits } from '../../../schemas/generated/host-edits.ts';
import type { FileNote } from '../../../core/platform/observed-platform.ts';
import type { HostEditsStore, KnownEdits } from '../../ports/platform/host-edits.ts';
import { makeFolder, originalsFolder } from './state-folders.ts';

export function createHostEditFiles(
  directory: string,
  logger: Pick<Logger, 'warn'>,
): HostEditsStore {
  const file = path.join(directory, 'host-edits.json');
  let known: KnownEdits | undefined;
  return {
    load: async () => {
      known ??= await read(file, logger);
      return known;
    },
    save: async (edits) => {
      await makeFolder(directory);
      await writeFileAtomic(file, JSON.stringify({ formatVersion: 1, ...edits }));
      known = edits;
    },
    keepOriginal: async (original, text) => {
      const folder = originalsFolder(directory);
      await makeFolder(folder);
      await writeFileAtomic(path.join(folder, encodeURIComponent(original)), text);
    },
  };
}

async function read(file: string, logger: Pick<Logger, 'warn'>): Promise<KnownEdits> {
  const { isHostEdits } = await import('../../../schemas/generated/host-edits.validator.js');
  const isValid = (value: unknown): value is Stored => isHostEdits(value);
  const errorsOf = (): typeof isHostEdits.errors => isHostEdits.errors;
  const options = { maxBytes: largeFileBytes, formatVersion: 1, isValid, errorsOf, logger };
  const found = await readJsonFile(file, options);
  return { notes: found?.notes ?? [], dueRestarts: found?.dueRestarts ?? [] };
}

/** The parts of a note that the schema leaves open are as this program wrote them. */
type Stored = Omit<HostEdits, 'notes'> & { readonly notes: readonly FileNote[] };
