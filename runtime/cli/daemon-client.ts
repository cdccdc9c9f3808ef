/** The requests of commands to their daemon, and the checks of its answers. */
import { jsonBounds } from '../../core/input/bounds.ts';
import { parseJson } from '../../core/input/parse-json.ts';
import { AppError } from '../errors.ts';
import type { Answer, ClientRequest } from '../http/unix-client.ts';

export interface DaemonClient {
  /** For requests that change nothing. */
  read(request: ClientRequest): Promise<Answer>;
  change(request: ClientRequest): Promise<Answer>;
}

/**
 * A type guard that is generated from the description of the API; it keeps the fault that it found.
 */
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

/**
 * Loads the guard of an answer when it is needed, so that the start of a command does not wait for
 * it.
 */
export type AnswerForm<T> = () => Promise<Guard<T>>;

/** Parses the body. @throws AppError unexpected-answer where it is not JSON */
function jsonOf(answer: Answer): unknown {
  const parsed = parseJson(answer.body, jsonBounds.answer);
  if (!parsed.ok) throw unexpected(parsed.reason);
  return parsed.data;
}

/**
 * The answer, checked for its form. The daemon may repeat texts of others, which the printer makes
 * safe. @throws AppError unexpected-answer where it has another form
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
  const message = `cannot read the daemon's answer: ${reason}; check that daemon and command have the same version`;
  return new AppError('unexpected-answer', message);
}
