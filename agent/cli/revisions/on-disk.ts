/** Options and notes of the commands that read the state directory where no daemon answers. */
import type { Command } from 'commander';
import { AppError } from '../../../runtime/errors.ts';

export interface StateDirectoryOptions {
  readonly stateDirectory: string;
}

const defaultStateDirectory = '/var/lib/calico-agent';

export function addStateDirectoryOption(command: Command): Command {
  return command.option(
    '--state-directory <path>',
    'where to read when no daemon answers',
    defaultStateDirectory,
  );
}

/** Asks the daemon, and where none runs the files. @throws AppError */
export async function orOnDisk<T>(ask: () => Promise<T>, read: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-listening') return read();
    throw error;
  }
}
