/** Sends replies and errors, within the budget of answers that wait to be read. */
import { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../errors.ts';
import type { ByteBudget } from './byte-budget.ts';
import { problemMediaType, problemOf } from './problem.ts';
import type { Reply } from './route.ts';

/** The kernel buffers as much for a client that does not read. */
const smallAnswerBytes = 32 * 1024;

/** @param budget absent: the answer is small */
export function sendReply(
  response: ServerResponse,
  message: IncomingMessage,
  reply: Reply,
  budget?: ByteBudget,
): void {
  const content = contentOf(reply);
  const length = Buffer.byteLength(content);
  if (budget !== undefined && length > smallAnswerBytes && !response.destroyed) {
    if (!budget.take(length)) throw tooMuchUnread();
    response.once('close', () => budget.give(length));
  }
  response.writeHead(reply.status ?? 200, {
    'content-type': reply.mediaType,
    'content-length': length,
  });
  response.end(message.method === 'HEAD' ? undefined : content);
}

const contents = new WeakMap<Reply, Buffer>();

/** The content, shared by several clients of a large answer, so that it is held only once. */
function contentOf(reply: Reply): string | Buffer {
  if (reply.body.length <= smallAnswerBytes || typeof reply.body !== 'string') return reply.body;
  const known = contents.get(reply);
  if (known !== undefined) return known;
  const content = Buffer.from(reply.body);
  contents.set(reply, content);
  return content;
}

function tooMuchUnread(): AppError {
  const message = 'cannot answer now: too many answers wait to be read; try again';
  return new AppError('busy', message, { retryable: true });
}

export function sendError(
  response: ServerResponse,
  message: IncomingMessage,
  error: unknown,
): void {
  if (response.headersSent) return void response.destroy();
  const problem = problemOf(error);
  // Discards the rest of the body as it comes, because closing now would also lose the answer.
  message.resume();
  const body = JSON.stringify(problem);
  sendReply(response, message, { status: problem.status, mediaType: problemMediaType, body });
}
