/** The commands' way to the daemon: its socket, and where that is closed to us the reading one. */
import path from 'node:path';
import { AppError } from '../../../runtime/errors.ts';
import {
  createUnixHttpClient,
  type Answer,
  type ClientRequest,
} from '../../../runtime/http/unix-client.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';

export interface AgentClient {
  /** What only looks; goes to the reading socket where the other one may not be opened. */
  read(request: ClientRequest): Promise<Answer>;
  change(request: ClientRequest): Promise<Answer>;
}

/** For what looks at the whole cluster, or writes much of it. */
export const surveyTimeoutMs = 300_000;

/** Beside the daemon's socket, and open to all users. */
const statusSocketName = 'status.sock';

export function createAgentClient(socket: string): AgentClient {
  const startHint = 'systemctl start calico-agent, or calico-agent run';
  const open = (where: string): ReturnType<typeof createUnixHttpClient> =>
    createUnixHttpClient(where, { startHint });
  return {
    read: async (request) => {
      try {
        return await open(socket).request(request);
      } catch (error) {
        if (!isClosedToUs(error)) throw error;
        const readingSocket = path.join(path.dirname(socket), statusSocketName);
        return await open(readingSocket)
          .request(request)
          .catch((second: unknown) => {
            // A route that the reading socket does not have needs the other one.
            throw isNobodyThere(second) || isClosedToUs(second) ? error : second;
          });
      }
    },
    change: (request) => open(socket).request(request),
  };
}

/** @throws AppError where the body is not JSON */
export function jsonOf(answer: Answer): unknown {
  const parsed = parseJson(answer.body, jsonBounds.answer);
  if (!parsed.ok) throw unexpected(parsed.reason);
  return parsed.data;
}

/**
 * What an answer is to be, as the daemon gave it. The daemon repeats what others wrote: its texts
 * are made safe where they are printed. @throws AppError where it is something else
 */
export function expectAnswer<T>(value: unknown, isExpected: (value: unknown) => value is T): T {
  if (isExpected(value)) return value;
  throw unexpected('it does not have the form that this version knows');
}

function unexpected(reason: string): AppError {
  const message = `cannot read the daemon's answer: ${reason}; are daemon and command of one version?`;
  return new AppError('unexpected-answer', message);
}

function isClosedToUs(error: unknown): boolean {
  return error instanceof AppError && error.code === 'access-denied';
}

function isNobodyThere(error: unknown): boolean {
  return error instanceof AppError && error.code === 'not-listening';
}
