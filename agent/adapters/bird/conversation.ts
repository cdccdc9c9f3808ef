/** One conversation with BIRD on its control socket: questions and answers, one after another. */
import net from 'node:net';
import {
  createReplyReader,
  type BirdReply,
  type ReplyReader,
} from '../../../core/sessions/bird/reply.ts';
import { birdBounds } from '../../../core/input/bounds.ts';
import { systemCodeOf } from '../../../runtime/errors.ts';
import type { DaemonFault } from '../../../core/sessions/session.ts';

export interface ConversationLimits {
  /** Time for the whole conversation. */
  readonly deadlineMs: number;
  /** Size of all answers together. */
  readonly maxBytes: number;
  readonly maxLines: number;
}

/** BIRD answers in milliseconds, and within a pass of its loop. */
export const usualLimits: ConversationLimits = {
  deadlineMs: 5000,
  maxBytes: birdBounds.maxBytes,
  maxLines: birdBounds.maxLines,
};

export class ConversationError extends Error {
  readonly fault: DaemonFault;

  constructor(fault: DaemonFault, message: string) {
    super(message);
    this.name = 'ConversationError';
    this.fault = fault;
  }
}

export interface Conversation {
  /** @throws ConversationError */
  ask(question: string): Promise<BirdReply>;
}

interface Waiting {
  readonly reader: ReplyReader;
  readonly resolve: (reply: BirdReply) => void;
  readonly reject: (error: ConversationError) => void;
}

/**
 * Greets BIRD, forbids itself every change (`restrict`), and lets `talk` ask. The connection ends
 * with it, whatever happens.
 * @throws ConversationError, also where the signal is aborted
 */
export async function converse<T>(
  file: string,
  limits: ConversationLimits = usualLimits,
  signal: AbortSignal | undefined,
  talk: (conversation: Conversation) => Promise<T>,
): Promise<T> {
  const socket = net.connect({ path: file });
  const lines = createInflow(socket, limits);
  const late = setTimeout(
    () => lines.fail('silent', `no answer within ${String(limits.deadlineMs / 1000)} s`),
    limits.deadlineMs,
  );
  const abort = (): void => lines.fail('silent', 'the client stopped waiting');
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const ask = (question: string): Promise<BirdReply> => {
    const answer = lines.next();
    socket.write(`${question}\n`);
    return answer;
  };
  try {
    await lines.next();
    await ask('restrict');
    return await talk({ ask });
  } finally {
    clearTimeout(late);
    signal?.removeEventListener('abort', abort);
    socket.destroy();
  }
}

interface Inflow {
  /** The next answer. */
  next(): Promise<BirdReply>;
  fail(fault: DaemonFault, why: string): void;
}

/** Splits the input into lines and answers; ends at the first fault. */
function createInflow(socket: net.Socket, limits: ConversationLimits): Inflow {
  let failure: ConversationError | undefined;
  let waiting: Waiting | undefined;
  let rest = '';
  let bytes = 0;
  let count = 0;
  const fail = (fault: DaemonFault, why: string): void => {
    failure ??= new ConversationError(fault, why);
    socket.destroy();
    const { reject } = waiting ?? {};
    waiting = undefined;
    reject?.(failure);
  };
  const take = (line: string): void => {
    count += 1;
    if (count > limits.maxLines) return fail('unreadable', `it has more than ${count - 1} lines`);
    if (waiting === undefined) return fail('unreadable', 'it answers without a question');
    const read = waiting.reader.line(line);
    if (read === undefined) return;
    if (!read.ok) return fail('unreadable', read.why);
    const { resolve } = waiting;
    waiting = undefined;
    resolve(read.value);
  };
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    bytes += Buffer.byteLength(chunk);
    if (bytes > limits.maxBytes) {
      return fail('unreadable', `it has more than ${String(limits.maxBytes)} bytes`);
    }
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (failure !== undefined) return;
      take(line);
    }
    if (rest.length > birdBounds.maxLineLength) fail('unreadable', 'it has a line without an end');
  });
  socket.on('error', (error) => fail(...faultOf(error)));
  socket.on('close', () => fail('silent', 'it hung up in the middle of an answer'));
  return {
    fail,
    next: () =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        waiting = { reader: createReplyReader(), resolve, reject };
      }),
  };
}

const denied: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);
const absent: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT']);

function faultOf(error: Error): [DaemonFault, string] {
  const code = systemCodeOf(error) ?? '';
  if (denied.has(code)) return ['denied', 'this user may not open it'];
  return ['silent', absent.has(code) ? 'no program listens there' : error.message];
}
