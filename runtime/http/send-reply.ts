/** Sends replies and errors. */
import { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HeldReply } from './answer-room.ts';
import { problemMediaType, problemOf } from './problem.ts';
import { RefusedRequest } from './refused-request.ts';

/** Sends a reply, and releases its room when the client has it or is gone. */
export function sendReply(
  response: ServerResponse,
  message: IncomingMessage,
  { reply, content, release }: HeldReply,
): void {
  if (response.destroyed) release();
  else response.once('close', release);
  response.writeHead(reply.status ?? 200, {
    ...reply.headers,
    'content-type': reply.mediaType,
    'content-length': Buffer.byteLength(content),
  });
  response.end(message.method === 'HEAD' ? undefined : content);
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
  const content = JSON.stringify(problem);
  const headers = error instanceof RefusedRequest ? error.headers : {};
  const reply = { status: problem.status, mediaType: problemMediaType, body: content, headers };
  sendReply(response, message, { reply, content, release: () => undefined });
}
