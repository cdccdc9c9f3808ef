/** What commands ask of their daemon, and what its answers have to be. */
import { jsonBounds } from '../../core/input/bounds.ts';
import { parseJson } from '../../core/input/parse-json.ts';
import { AppError } from '../errors.ts';
import type { Answer, ClientRequest } from '../http/unix-client.ts';

export interface DaemonClient {
  /** For requests that change nothing. */
  read(request: ClientRequest): Promise<Answer>;
  change(request: ClientRequest): Promise<Answer>;
}

/** A guard that was generated from the description of the API; it keeps the fault that it found. */
export interface Guard<T> {
  (value: unknown): value is T;
  readonly errors?: readonly Fault[] | null;
}

interface Fault {
  /** JSON pointer into the answer. */
  readonly instancePath: string;
  /** `must be integer` */
  readonly message?: string;
}

/** Loads the guard of an answer when it is needed: the start of a command does not wait for it. */
export type AnswerForm<T> = () => Promise<Guard<T>>;

/** @throws AppError unexpected-answer where the body is not JSON */
function jsonOf(answer: Answer): unknown {
  const parsed = parseJson(answer.body, jsonBounds.answer);
  if (!parsed.ok) throw unexpected(parsed.reason);
  return parsed.data;
}

/**
 * The answer in the form that is expected. The daemon repeats what others wrote: the printer makes
 * its texts safe. @throws AppError unexpected-answer where it has another form
 */
export async function answerOf<T>(
  answering: Answer | Promise<Answer>,
  form: AnswerForm<T>,
): Promise<T> {
  const value = jsonOf(await answering);
  const isExpected = await form();
  if (isExpected(value)) return value;
  throw unexpected(faultText(isExpected.errors));
}

function faultText(faults: Guard<unknown>['errors'] = []): string {
  const { instancePath = '', message = 'must have another form' } = faults?.[0] ?? {};
  return `${instancePath === '' ? 'it' : `"${instancePath}"`} ${message}`;
}

function unexpected(reason: string): AppError {
  const message = `cannot read the daemon's answer: ${reason}; are daemon and command of one version?`;
  return new AppError('unexpected-answer', message);
}
