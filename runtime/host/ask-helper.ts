/** One request to a helper with rights that the caller does not have, over the helper's socket. */
import { connect, type Socket } from 'node:net';
import type { JsonBounds } from '../../core/input/bounds.ts';
import { jsonValue } from '../../core/input/parse-json.ts';
import { AppError, reasonOf, systemCodeOf } from '../errors.ts';
import { withDeadline } from '../pacing/deadline.ts';

export interface Helper<A> {
  readonly socket: string;
  readonly deadlineMs: number;
  /** The socket's unit, for people. */
  readonly unit: string;
  /** The helper's unit for journalctl. */
  readonly journal: string;
  /** `to change routes (CAP_NET_ADMIN)` */
  readonly right: string;
  readonly isAnswer: (value: unknown) => value is A;
  readonly bounds: JsonBounds;
}

/** @throws AppError; its message says why there is no answer */
export function askHelper<A>(request: object, helper: Helper<A>): Promise<A> {
  const { socket, deadlineMs } = helper;
  return withDeadline(deadlineMs, undefined, async ({ signal, isOver }) => {
    const connection = connect({ path: socket });
    const abort = (): void => void connection.destroy(new AppError('timeout', 'too late'));
    signal.addEventListener('abort', abort, { once: true });
    try {
      connection.write(`${JSON.stringify(request)}\n`);
      return parseAnswer(await readLine(connection, helper), helper);
    } catch (error) {
      throw isOver() ? noAnswer(helper) : failureOf(error, helper);
    } finally {
      connection.destroy();
    }
  });
}

async function readLine<A>(
  connection: Socket,
  { bounds, unit, journal }: Helper<A>,
): Promise<string> {
  let text = '';
  connection.setEncoding('utf8');
  for await (const chunk of connection) {
    text += String(chunk);
    const end = text.indexOf('\n');
    if (end !== -1) return text.slice(0, end);
    if (text.length > bounds.maxBytes) break;
  }
  const message = `${unit} ended without an answer (journalctl -u "${journal}")`;
  throw new AppError('unexpected-answer', message);
}

function parseAnswer<A>(text: string, { isAnswer, bounds, unit }: Helper<A>): A {
  const answer = jsonValue(text, bounds);
  if (isAnswer(answer)) return answer;
  throw new AppError('unexpected-answer', `the answer of ${unit} cannot be read`);
}

function noAnswer<A>({ unit, deadlineMs }: Helper<A>): AppError {
  const message = `${unit} does not answer within ${String(deadlineMs / 1000)} s`;
  return new AppError('timeout', message, { retryable: true });
}

function failureOf<A>(error: unknown, { right, unit }: Helper<A>): AppError {
  if (error instanceof AppError) return error;
  const code = systemCodeOf(error);
  const isAbsent = code === 'ENOENT' || code === 'ECONNREFUSED';
  const message = isAbsent
    ? `the agent has no right ${right}, and ${unit}, which has it, does not listen`
    : `cannot ask ${unit}, which has the right ${right}: ${reasonOf(error)}`;
  return new AppError('not-listening', message, { retryable: true, cause: error });
}
