/**
 * BGP sessions from BIRD itself, by its control socket. Calico's fork of 1.6 has one daemon for each
 * family; BIRD 2 is one for both. Nothing can be changed over these connections: docs/sessions.md.
 */
import type { ObservedDaemon } from '../../../core/sessions/session.ts';
import type { SessionsSource } from '../../ports/sessions.ts';
import type { ConversationLimits } from './conversation.ts';
import { findSockets, type FoundSocket } from './find-sockets.ts';

export interface BirdOptions {
  /** The folder that has /var. Default: `/`. */
  readonly root?: string;
  /** Paths of control sockets; absent: the agent finds them. */
  readonly sockets?: readonly string[] | undefined;
  readonly limits?: ConversationLimits;
}

export function createBirdSessions({
  root = '/',
  sockets,
  limits,
}: BirdOptions = {}): SessionsSource {
  const askAt = async (
    socket: FoundSocket,
    signal: AbortSignal | undefined,
  ): Promise<ObservedDaemon> => {
    if (!socket.ok) return socket;
    // Loaded only here, so that a machine without BIRD never loads it.
    const { askBird } = await import('./ask-bird.ts');
    return askBird(socket.at, limits, signal);
  };
  return {
    observe: async (signal) => {
      const found = await findSockets(root, sockets);
      return Promise.all(found.map((socket) => askAt(socket, signal)));
    },
    bgpRoutes: async (signal) => {
      const found = await findSockets(root, sockets);
      return Promise.all(
        found.map(async (socket) => {
          if (!socket.ok) return { ok: false, why: socket.why };
          const { askRoutes } = await import('./ask-routes.ts');
          return askRoutes(socket.at, limits, signal);
        }),
      );
    },
  };
}
