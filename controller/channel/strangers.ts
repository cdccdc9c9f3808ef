/** Connections that have not shown the token yet: few of them, and not for long. */
import type { Server, Socket } from 'node:net';

export interface StrangerLimits {
  readonly max: number;
  readonly ms: number;
}

export interface Strangers {
  /** This one has shown the token. */
  admit(socket: RemoteEnd): void;
  /** Hangs up on all of them. */
  dismiss(): void;
}

export function watchStrangers(server: Server, limits: StrangerLimits): Strangers {
  // By address, because TLS wraps the socket that arrived in another one.
  const waiting = new Map<string, { readonly socket: Socket; readonly timer: NodeJS.Timeout }>();
  const forget = (key: string): void => {
    clearTimeout(waiting.get(key)?.timer);
    waiting.delete(key);
  };
  server.on('connection', (socket: Socket) => {
    if (waiting.size >= limits.max) {
      socket.destroy();
      return;
    }
    const key = keyOf(socket);
    waiting.set(key, { socket, timer: setTimeout(() => socket.destroy(), limits.ms) });
    socket.once('close', () => forget(key));
  });
  return {
    admit: (socket) => forget(keyOf(socket)),
    dismiss: () => {
      for (const { socket } of waiting.values()) socket.destroy();
    },
  };
}

interface RemoteEnd {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

function keyOf(socket: RemoteEnd): string {
  return `${socket.remoteAddress ?? ''} ${String(socket.remotePort ?? '')}`;
}
