/** The answer of an API server: its headers and its body, within bounds. */
import type { Dispatcher } from 'undici';
import { jsonBounds } from '../../core/input/bounds.ts';
import type { ParsedJson } from '../../core/input/parse-json.ts';
import { parseJsonInTurns } from '../pacing/parse-json-in-turns.ts';
import { AppError } from '../errors.ts';
import { ApiRefusal, retryAfterOf, type RefusedRequest } from './api-refusal.ts';

const bounds = jsonBounds.kubernetes;

/** The answer has more bytes or values than the request allows. */
export class AnswerTooLarge extends AppError {
  /** @param most "5 bytes" */
  constructor(what: string, most: string) {
    const message = `cannot ${what}: the answer has more than ${most}`;
    // The cluster's data is too large, and not the configuration.
    super('datastore-failed', message, { retryable: true });
  }
}

/**
 * Not every refusal is JSON: an unknown path gets `404 page not found`.
 * @param what completes `cannot …`
 */
export async function readBody(
  response: Dispatcher.ResponseData,
  what: string,
): Promise<ParsedJson> {
  const parsed = await parseJsonInTurns(await readText(response, what), bounds);
  if (parsed.ok || parsed.hasTooMany !== true) return parsed;
  throw new AnswerTooLarge(what, `${String(bounds.maxValues)} values`);
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

/** Decodes each chunk when it arrives: the bytes and the text of all of it are not held together. */
async function readText({ body }: Dispatcher.ResponseData, what: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    length += chunk.length;
    if (length > bounds.maxBytes) {
      body.destroy();
      throw new AnswerTooLarge(what, `${String(bounds.maxBytes)} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
