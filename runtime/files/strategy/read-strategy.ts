/** The file with the strategy of a rollout. */
import { textBounds } from '../../../core/input/bounds.ts';
import { parseStrategy } from '../../../core/rollout/parse-strategy.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import { AppError } from '../../errors.ts';
import { readTextFile } from '../read-text-file.ts';

/** @throws AppError with all issues at once */
export async function readStrategy(file: string): Promise<RolloutStrategy> {
  const text = await readTextFile(file, textBounds.strategy.maxBytes);
  if (text === undefined) {
    throw new AppError('not-found', `cannot read "${file}": no such file`);
  }
  const parsed = parseStrategy(text);
  if (parsed.ok) return parsed.strategy;
  const { issues } = parsed;
  throw new AppError('invalid-settings', `cannot use "${file}": it has errors`, {
    issues,
    source: file,
  });
}
