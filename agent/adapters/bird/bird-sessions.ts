/**
 * BGP sessions from BIRD itself, by its control socket. Calico's fork of 1.6 has one daemon for each
 * family; BIRD 2 is one for both. Nothing can be changed over these connections: docs/sessions.md.
 */
import { parseProtocols } from '../../../core/sessions/bird/parse-protocols.ts';
import { parseRouteCount } from '../../../core/sessions/bird/parse-route-count.ts';
import { parseStatus } from '../../../core/sessions/bird/parse-status.ts';
import type { ObservedDaemon, Read } from '../../../core/sessions/session.ts';
import type { SessionsSource } from '../../ports/sessions.ts';
import {
  converse,
  ConversationError,
  usualLimits,
  type Conversation,
  type ConversationLimits,
} from './conversation.ts';
import { findSockets, type FoundSocket } from './find-sockets.ts';

export interface BirdOptions {
  /** Where /var is looked for. Default: `/`. */
  readonly root?: string;
  /** Paths of control sockets, instead of those that are found. */
  readonly sockets?: readonly string[] | undefined;
  readonly limits?: ConversationLimits;
}

export function createBirdSessions({
  root = '/',
  sockets,
  limits = usualLimits,
}: BirdOptions = {}): SessionsSource {
  const askAt = async (
    socket: FoundSocket,
    signal: AbortSignal | undefined,
  ): Promise<ObservedDaemon> => {
    if (!socket.ok) return socket;
    const { at } = socket;
    try {
      return await converse(at, limits, signal, (conversation) => askAll(at, conversation));
    } catch (error) {
      if (error instanceof ConversationError) {
        return { ok: false, at, fault: error.fault, why: error.message };
      }
      throw error;
    }
  };
  return {
    observe: async (signal) => {
      const found = await findSockets(root, sockets);
      return Promise.all(found.map((socket) => askAt(socket, signal)));
    },
  };
}

/** The order of the questions: times in the later answers go by the clock in the first. */
async function askAll(at: string, { ask }: Conversation): Promise<ObservedDaemon> {
  const { status, now } = valueOf(parseStatus(await ask('show status')));
  const sessions = valueOf(parseProtocols(await ask('show protocols all'), now));
  const { routes } = valueOf(parseRouteCount(await ask('show route count')));
  return { ok: true, at, status, sessions, routes };
}

function valueOf<T>(read: Read<T>): T {
  if (read.ok) return read.value;
  throw new ConversationError('unreadable', read.why);
}
