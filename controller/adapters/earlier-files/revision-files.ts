/** The revisions that an earlier version kept, one file each: `revisions/<number>.json`. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { controllerLineage } from '../../../core/protocol/messages.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import { fromSystemError, systemCodeOf } from '../../../runtime/errors.ts';
import { readJsonFile } from '../../../runtime/files/read-json-file.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { isRevision } from '../../../schemas/generated/revision.validator.js';

/** A text of 1 MiB in which every character is escaped. */
const maxRevisionBytes = 7 * 1024 * 1024;

export interface EarlierRevisions {
  /** Those that can be read. */
  readonly revisions: readonly Revision[];
  /** The newest number, also of a file that was set aside as corrupt; 0 for none. */
  readonly lastNumber: number;
}

export interface EarlierFilesOptions {
  readonly cluster: string;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Undefined: the text cannot be read. The work is not done on this event loop. */
  readonly digestOfText: (text: string) => Promise<string | undefined>;
}

/** @throws AppError newer-format, and for files that cannot be read now */
export async function readRevisionFiles(
  folder: string,
  { cluster, logger, digestOfText }: EarlierFilesOptions,
): Promise<EarlierRevisions> {
  const numbers = await revisionNumbers(folder);
  const revisions: Revision[] = [];
  for (const number of new Set(numbers)) {
    const revision = await readJsonFile(path.join(folder, `${String(number)}.json`), {
      maxBytes: maxRevisionBytes,
      formatVersion: 1,
      isValid: isRevision,
      faultOf: async ({ number: found, lineage, digest, text }) => {
        if (found !== number || lineage !== controllerLineage(cluster)) {
          return 'it holds another revision';
        }
        if ((await digestOfText(text)) === digest) return undefined;
        return 'its text does not have the digest with which it was pushed';
      },
      logger,
    });
    if (revision !== undefined) revisions.push(revision);
  }
  return { revisions, lastNumber: Math.max(0, ...numbers) };
}

/** The numbers, including those whose file was set aside as corrupt. */
async function revisionNumbers(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw fromSystemError(`cannot read the folder "${folder}"`, error);
  });
  return names.flatMap((name) =>
    /^\d{1,16}\.json(\.corrupt-\d+)?$/.test(name) ? [Number.parseInt(name, 10)] : [],
  );
}
