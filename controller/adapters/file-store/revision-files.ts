/** The revisions of the fleet, one file each: `revisions/<number>.json`. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { controllerLineage } from '../../../core/protocol/messages.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import { fromSystemError, reasonOf } from '../../../runtime/errors.ts';
import { removeFile, writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { readJsonFile } from '../../../runtime/files/read-json-file.ts';
import { isRevision } from '../../../schemas/generated/revision.validator.js';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { StoredFleetState } from '../../ports/fleet-store.ts';

/** A text of 1 MiB in which every character is escaped. */
const maxRevisionBytes = 7 * 1024 * 1024;
/** The number of revisions that stay, for people to read. */
const keptRevisions = 50;

export interface FleetFilesOptions {
  readonly cluster: string;
  readonly logger: Logger;
  /** Undefined: the text cannot be read. The work is not done on this event loop. */
  readonly digestOfText: (text: string) => Promise<string | undefined>;
}

export interface RevisionFiles {
  /**
   * The newest revision; none if its file is corrupt: the agents would refuse an older one, and its
   * number must not come again.
   */
  newest(): Promise<Pick<StoredFleetState, 'revision' | 'lastNumber' | 'problem'>>;
  add(revision: Revision): Promise<void>;
  replace(revision: Revision): Promise<void>;
}

export function createRevisionFiles(
  folder: string,
  { cluster, logger, digestOfText }: FleetFilesOptions,
): RevisionFiles {
  const fileOf = (number: number): string => path.join(folder, `${String(number)}.json`);

  /**
   * The fault of a revision on disk, which must be exactly the pushed one, because it goes to every
   * agent.
   */
  const faultOf = async (
    { number, lineage, digest, text }: Revision,
    expectedNumber: number,
  ): Promise<string | undefined> => {
    if (number !== expectedNumber || lineage !== controllerLineage(cluster)) {
      return 'it holds another revision';
    }
    if ((await digestOfText(text)) === digest) return undefined;
    return 'its text does not have the digest with which it was pushed';
  };
  const removeOld = async (): Promise<void> => {
    try {
      const old = (await revisionNumbers(folder)).slice(keptRevisions);
      for (const number of old) await removeFile(fileOf(number));
    } catch (error) {
      logger.warn(`cannot remove old revisions: ${reasonOf(error)}`);
    }
  };

  return {
    newest: async () => {
      const [lastNumber] = await revisionNumbers(folder);
      if (lastNumber === undefined) return { lastNumber: 0 };
      const revision = await readJsonFile(fileOf(lastNumber), {
        maxBytes: maxRevisionBytes,
        formatVersion: 1,
        isValid: isRevision,
        faultOf: (found) => faultOf(found, lastNumber),
        logger,
      });
      if (revision !== undefined) return { revision, lastNumber };
      const problem = `the stored text of revision ${String(lastNumber)} is damaged: agents keep their configuration; push the configuration again`;
      logger.error(problem);
      return { lastNumber, problem };
    },
    replace: (revision) =>
      writeFileAtomic(fileOf(revision.number), `${JSON.stringify(revision)}\n`),
    add: async (revision) => {
      const file = fileOf(revision.number);
      await writeFileAtomic(file, `${JSON.stringify(revision)}\n`).catch(async (error: unknown) => {
        // The file may exist after a failed sync. It is removed, because a refused push must not
        // reach the agents with the next start.
        await removeFile(file).catch(() => undefined);
        throw error;
      });
      await removeOld();
    },
  };
}

/** The numbers, newest first, including those whose file was set aside as corrupt. */
async function revisionNumbers(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw fromSystemError(`cannot read the folder "${folder}"`, error);
  });
  return names
    .flatMap((name) =>
      /^\d{1,16}\.json(\.corrupt-\d+)?$/.test(name) ? [Number.parseInt(name, 10)] : [],
    )
    .toSorted((one, other) => other - one);
}
