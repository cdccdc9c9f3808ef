import { AppError } from '../../errors.ts';

/** Most characters of the name of a person or program that changes something. */
export const maxBy = 256;
/** Most characters of the name of a revision: its number, its lineage, its digest. */
export const maxRevisionName = 400;

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

/** A whole number, at least 0. */
export function readCount(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  const count = Number(value);
  if (/^\d{1,16}$/.test(value) && Number.isSafeInteger(count)) return count;
  throw unreadable(name, 'a whole number');
}

/** RFC 3339; ms since 1970. */
export function readTime(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  const time = /^\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:\d\d)$/.test(value)
    ? Date.parse(value)
    : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw unreadable(name, 'a time as 2026-01-31T03:00:00Z');
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
