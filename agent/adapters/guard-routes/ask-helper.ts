/** The agent's side: one request to the helper that may change routes, over its socket. */
import { connect, type Socket } from 'node:net';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import { AppError, reasonOf, systemCodeOf } from '../../../runtime/errors.ts';
import { withDeadline } from '../../../runtime/pacing/deadline.ts';
import type { GuardAnswer } from '../../../schemas/generated/guard-answer.ts';
import { isGuardAnswer } from '../../../schemas/generated/guard-answer.validator.js';
import type { GuardRequest } from '../../../schemas/generated/guard-request.ts';

/** @throws AppError; its message says why there is no answer */
export type AskHelper = (request: GuardRequest) => Promise<GuardAnswer>;

/** The path in systemd/calico-agent-guard.socket. */
const usualSocket = '/run/calico-agent/guard.sock';
/**
 * Longer than RuntimeMaxSec= of calico-agent-guard@.service, after which systemd has ended a helper
 * that hangs.
 */
const usualDeadlineMs = 15_000;
const unit = 'calico-agent-guard.socket';
const { maxBytes } = jsonBounds.guardAnswer;

export function createAskHelper(socket = usualSocket, deadlineMs = usualDeadlineMs): AskHelper {
  return (request) =>
    withDeadline(deadlineMs, undefined, async ({ signal, isOver }) => {
      const connection = connect({ path: socket });
      const abort = (): void => void connection.destroy(new AppError('timeout', 'too late'));
      signal.addEventListener('abort', abort, { once: true });
      try {
        connection.write(`${JSON.stringify(request)}\n`);
        return parseAnswer(await readLine(connection));
      } catch (error) {
        throw isOver() ? noAnswerIn(deadlineMs) : failureOf(error);
      } finally {
        connection.destroy();
      }
    });
}

async function readLine(connection: Socket): Promise<string> {
  let text = '';
  connection.setEncoding('utf8');
  for await (const chunk of connection) {
    text += String(chunk);
    const end = text.indexOf('\n');
    if (end !== -1) return text.slice(0, end);
    if (text.length > maxBytes) break;
  }
  throw new AppError(
    'unexpected-answer',
    `${unit} ended without an answer (journalctl -u "calico-agent-guard@*")`,
  );
}

function parseAnswer(text: string): GuardAnswer {
  const answer = jsonValue(text, jsonBounds.guardAnswer);
  if (isGuardAnswer(answer)) return answer;
  throw new AppError('unexpected-answer', `the answer of ${unit} cannot be read`);
}

function noAnswerIn(milliseconds: number): AppError {
  const message = `${unit} does not answer within ${String(milliseconds / 1000)} s`;
  return new AppError('timeout', message, { retryable: true });
}

function failureOf(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = systemCodeOf(error);
  const isAbsent = code === 'ENOENT' || code === 'ECONNREFUSED';
  const message = isAbsent
    ? `the agent has no right to change routes (CAP_NET_ADMIN), and ${unit}, which has it, does not listen`
    : `cannot ask ${unit}, which may change routes: ${reasonOf(error)}`;
  return new AppError('not-listening', message, { retryable: true, cause: error });
}
