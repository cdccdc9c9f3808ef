/** The time that a request gives a person to confirm a configuration. */
import { AppError } from '../../runtime/errors.ts';

const longest = 86_400;

/** @throws AppError bad-request */
export function confirmSecondsOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  const seconds = Number(text);
  if (text !== '' && seconds >= 1 && seconds <= longest) return seconds;
  throw new AppError(
    'bad-request',
    `cannot wait "${text.slice(0, 50)}" seconds for a person: write a number from 1 to ${String(longest)}`,
  );
}
