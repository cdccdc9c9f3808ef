import { AppError } from '../../runtime/errors.ts';

/** Of who does something. */
export const maxBy = 256;

export function readText(
  query: URLSearchParams,
  name: string,
  maxLength: number,
): string | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (value !== '' && value.length <= maxLength && !/[\s\u0000-\u001f\u007f]/.test(value))
    return value;
  throw unreadable(name, `a text without spaces of 1 to ${String(maxLength)} characters`);
}

export function readFlag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name) ?? 'false';
  if (value === 'true' || value === 'false') return value === 'true';
  throw unreadable(name, 'true or false');
}

export function readChoice<T extends string>(
  query: URLSearchParams,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = query.get(name);
  const chosen = choices.find((choice) => choice === value);
  if (value === null || chosen !== undefined) return chosen;
  throw unreadable(name, choices.join(' or '));
}

export function readSeconds(
  query: URLSearchParams,
  name: string,
  most: number,
): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  const seconds = Number(value);
  if (/^\d+(\.\d+)?$/.test(value) && seconds <= most) return seconds;
  throw unreadable(name, `seconds, at most ${String(most)}`);
}

function unreadable(name: string, expected: string): AppError {
  return new AppError('bad-request', `cannot read the query: ${name} has to be ${expected}`);
}
