import { removeUnfinished } from './atomic-file.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { lockFolder, type ProcessLock } from './process-lock.ts';

/** The state directory is this process's, or will be as soon as its disk allows it. */
export interface StateLock {
  /** Returns at once where it is held. @throws AppError why it cannot be had now */
  claim(): Promise<void>;
  release(): Promise<void>;
}

export interface StateLockOptions {
  readonly stateDirectory: string;
  /** Where a kill -9 may have left half a file. */
  readonly writtenFolders: readonly string[];
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Tries once. A full or read-only disk does not keep the daemon from answering: `claim` says then
 * why nothing can be written.
 * @throws AppError already-running where another process has it
 */
export async function createStateLock(options: StateLockOptions): Promise<StateLock> {
  const { stateDirectory, writtenFolders, logger } = options;
  let held: ProcessLock | undefined;
  let claiming: Promise<void> | undefined;
  const take = async (): Promise<void> => {
    held = await lockFolder(stateDirectory, logger);
    await Promise.all(writtenFolders.map(removeUnfinished));
  };
  const claim = async (): Promise<void> => {
    if (held !== undefined) return;
    claiming ??= take().finally(() => {
      claiming = undefined;
    });
    await claiming;
  };
  await claim().catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code === 'already-running') throw error;
  });
  return {
    claim,
    release: async () => {
      await claiming?.catch(() => undefined);
      await held?.release();
    },
  };
}
