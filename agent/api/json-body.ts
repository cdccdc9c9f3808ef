import { isMap, type PlainMap } from '../../core/facts/plain-data.ts';
import { AppError } from '../../runtime/errors.ts';

/**
 * The object that a request carries.
 * @param known the fields that it may have
 * @throws AppError bad-request
 */
export function readObject(body: string, known: readonly string[]): PlainMap {
  const data = parseJson(body);
  if (!isMap(data)) throw unreadable('it is not a JSON object');
  const unknown = Object.keys(data).find((name) => !known.includes(name));
  if (unknown === undefined) return data;
  throw unreadable(`it takes ${known.join(', ')}, and not "${unknown.slice(0, 100)}"`);
}

export function unreadable(reason: string): AppError {
  return new AppError('bad-request', `cannot read the body: ${reason}`);
}

function parseJson(text: string): unknown {
  try {
    const data: unknown = JSON.parse(text);
    return data;
  } catch {
    return undefined;
  }
}
