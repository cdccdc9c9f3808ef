import { removeUnfinished } from './atomic-file.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { lockFolder, type ProcessLock } from './process-lock.ts';

/**
 * The lock of a state directory, which this process has, or takes as soon as the disk allows it.
 */
export interface StateLock {
  /**
   * Takes the lock; returns at once if this process has it. @throws AppError why it cannot be taken
   * now
   */
  claim(): Promise<void>;
  release(): Promise<void>;
}

export interface StateLockOptions {
  readonly stateDirectory: string;
  /** Folders in which a kill -9 may have left half a file. */
  readonly writtenFolders: readonly string[];
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Tries once. A full or read-only disk does not keep the daemon from answering: `claim` then gives
 * the reason why nothing can be written.
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
