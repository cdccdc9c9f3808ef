/** Lets commands read the state directory while no daemon answers. */
import type { Command } from 'commander';
import { AppError } from '../../runtime/errors.ts';
import { write } from '../../runtime/cli/print.ts';
import type { CommandContext } from './command-context.ts';

export interface StateDirectoryOptions {
  readonly stateDirectory?: string;
}

export function addStateDirectoryOption(command: Command): Command {
  return command.option(
    '--state-directory <path>',
    "where to read when no daemon answers (default: agent.yaml's, or /var/lib/calico-agent)",
  );
}

/** Asks the daemon, and reads the files if none runs. @throws AppError */
export async function orOnDisk<T>(
  ask: () => Promise<T>,
  options: StateDirectoryOptions,
  context: Pick<CommandContext, 'stderr' | 'stateDirectory'>,
  read: (directory: string) => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-listening') {
      return onDisk(options, context, read);
    }
    throw error;
  }
}

/**
 * Reads the files, and names their folder on stderr. @throws AppError not-found where there is no
 * state directory
 */
export async function onDisk<T>(
  { stateDirectory }: StateDirectoryOptions,
  context: Pick<CommandContext, 'stderr' | 'stateDirectory'>,
  read: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await context.stateDirectory(stateDirectory);
  await write(context.stderr, `no daemon answers; using the state directory "${directory}"\n`);
  try {
    return await read(directory);
  } catch (error) {
    throw withRightUser(error);
  }
}

function withRightUser(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'access-denied') return error;
  const message = `${error.message}; run the command as root`;
  return new AppError(error.code, message, { cause: error });
}
