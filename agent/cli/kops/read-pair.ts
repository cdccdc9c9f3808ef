import { AppError } from '../../../runtime/errors.ts';
import type { Input } from '../../../runtime/cli/read-input.ts';
import type { CommandContext } from '../command-context.ts';
import { readCluster } from './options.ts';

/** Reads a document, and the one in force where it is named. @throws AppError usage */
export async function readPair(
  path: string,
  before: string | undefined,
  context: CommandContext,
): Promise<{ readonly input: Input; readonly before?: Input }> {
  if (path === '-' && before === '-') {
    throw new AppError('usage', 'cannot read both documents from stdin: give one as a file');
  }
  const input = await readCluster(path, context);
  return before === undefined ? { input } : { input, before: await readCluster(before, context) };
}
