/** The answer of an API server: its headers and its body, within bounds. */
import type { Dispatcher } from 'undici';
import { jsonBounds } from '../../core/input/bounds.ts';
import { withoutDeepItems } from '../../core/input/deep-items.ts';
import { parseJson, type ParsedJson } from '../../core/input/parse-json.ts';
import { AppError } from '../errors.ts';
import { ApiRefusal, retryAfterOf, type RefusedRequest } from './api-refusal.ts';

const usualMaxBytes = 64 * 1024 * 1024;

/** The answer has more bytes than the request allows. */
export class AnswerTooLarge extends AppError {
  constructor(what: string, maxBytes: number) {
    const message = `cannot ${what}: the answer has more than ${String(maxBytes)} bytes`;
    // The cluster's data is too large, and not the configuration.
    super('datastore-failed', message, { retryable: true });
  }
}

/** @param what completes `cannot …` */
export async function readBody(
  response: Dispatcher.ResponseData,
  what: string,
  maxBytes = usualMaxBytes,
): Promise<ParsedJson> {
  return parseBody(await readText(response, what, maxBytes));
}

/** The error for an answer whose status is not 2xx. */
export function refusalOf(
  request: RefusedRequest,
  response: Dispatcher.ResponseData,
  parsed: ParsedJson,
): ApiRefusal {
  const data = parsed.ok ? parsed.data : undefined;
  const retryAfter = retryAfterOf(headerOf(response, 'retry-after'), data);
  return new ApiRefusal(request, response.statusCode, data, retryAfter);
}

export function headerOf({ headers }: Dispatcher.ResponseData, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

export function unreadable(what: string, reason: string): AppError {
  const message = `cannot ${what}: the answer of the API server cannot be used: ${reason}; check whether a proxy on the way answers itself`;
  return new AppError('unexpected-answer', message, { retryable: true });
}

async function readText(
  { body }: Dispatcher.ResponseData,
  what: string,
  maxBytes: number,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    length += chunk.length;
    if (length > maxBytes) {
      body.destroy();
      throw new AnswerTooLarge(what, maxBytes);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Not every refusal is JSON: an unknown path gets `404 page not found`. */
function parseBody(text: string): ParsedJson {
  const bounds = jsonBounds.kubernetes;
  const parsed = parseJson(text, bounds);
  if (parsed.ok) return parsed;
  const without = withoutDeepItems(text, bounds);
  return without === undefined ? parsed : parseJson(without, bounds);
}
