/** The answer of an API server: its headers and its body, within bounds. */
import type { Dispatcher } from 'undici';
import { jsonBounds } from '../../core/input/bounds.ts';
import { withoutDeepItems } from '../../core/input/deep-items.ts';
import type { ParsedJson } from '../../core/input/parse-json.ts';
import { parseJsonInTurns } from '../pacing/parse-json-in-turns.ts';
import { AppError } from '../errors.ts';
import { ApiRefusal, retryAfterOf, type RefusedRequest } from './api-refusal.ts';

export interface AnswerLimits {
  readonly maxBytes: number;
  readonly maxValues: number;
  /** An object of more members keeps one more than this: the caller has to refuse it. */
  readonly mostMembers?: number;
}

const usualLimits: AnswerLimits = jsonBounds.kubernetes;

/** The answer has more bytes or values than the request allows. */
export class AnswerTooLarge extends AppError {
  /** @param most "5 bytes" */
  constructor(what: string, most: string) {
    const message = `cannot ${what}: the answer has more than ${most}`;
    // The cluster's data is too large, and not the configuration.
    super('datastore-failed', message, { retryable: true });
  }
}

/** @param what completes `cannot …` */
export async function readBody(
  response: Dispatcher.ResponseData,
  what: string,
  limits = usualLimits,
): Promise<ParsedJson> {
  const text = await readText(response, what, limits.maxBytes);
  const parsed = await parseBody(text, limits);
  if (parsed.ok || parsed.hasTooMany !== true) return parsed;
  throw new AnswerTooLarge(what, `${String(limits.maxValues)} values`);
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
      throw new AnswerTooLarge(what, `${String(maxBytes)} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Not every refusal is JSON: an unknown path gets `404 page not found`. */
async function parseBody(
  text: string,
  { maxValues, mostMembers = Infinity }: AnswerLimits,
): Promise<ParsedJson> {
  const bounds = { ...jsonBounds.kubernetes, maxValues, mostMembers };
  const parsed = await parseJsonInTurns(text, bounds);
  if (parsed.ok || parsed.hasTooMany === true) return parsed;
  const without = withoutDeepItems(text, bounds);
  return without === undefined ? parsed : parseJsonInTurns(without, bounds);
}
