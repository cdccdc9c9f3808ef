/**
 * Connections that have not shown the token yet: there may be only few, and not for long. If there
 * are too many, the oldest one of the address with the most is ended, so that silent connections
 * keep no agent out, and one address does not displace the others.
 */
import type { Server, Socket } from 'node:net';

export interface StrangerLimits {
  readonly max: number;
  readonly ms: number;
}

export interface StrangerEvents {
  /** Called when a connection was ended for want of room. */
  readonly dropped: (address: string) => void;
}

export interface Strangers {
  /** The connection has shown the token. */
  admit(socket: RemoteEnd): void;
  /** Ends all of them. */
  dismiss(): void;
}

interface Waiting {
  readonly socket: Socket;
  readonly timer: NodeJS.Timeout;
  /** Its listener for the end of the connection. */
  readonly closed: () => void;
}

export function watchStrangers(
  server: Server,
  limits: StrangerLimits,
  events: StrangerEvents,
): Strangers {
  // By address and port, because TLS wraps the socket that arrived in another one.
  const byAddress = new Map<string, Map<number, Waiting>>();
  let count = 0;
  const forget = ({ address, port }: End): void => {
    const those = byAddress.get(address);
    const waiting = those?.get(port);
    if (those === undefined || waiting === undefined) return;
    clearTimeout(waiting.timer);
    // The connection of an agent lives long, and would keep it in memory.
    waiting.socket.off('close', waiting.closed);
    those.delete(port);
    if (those.size === 0) byAddress.delete(address);
    count -= 1;
  };
  const dropOne = (): void => {
    const address = crowdedAddress(byAddress);
    const [oldest] = byAddress.get(address) ?? [];
    if (oldest === undefined) return;
    const [port, { socket }] = oldest;
    forget({ address, port });
    socket.destroy();
    events.dropped(address);
  };
  server.on('connection', (socket: Socket) => {
    if (count >= limits.max) dropOne();
    const end = endOf(socket);
    const those = byAddress.get(end.address) ?? new Map<number, Waiting>();
    byAddress.set(end.address, those);
    const timer = setTimeout(() => socket.destroy(), limits.ms);
    const closed = (): void => {
      // Another connection may have got the port meanwhile.
      if (byAddress.get(end.address)?.get(end.port)?.socket === socket) forget(end);
    };
    those.set(end.port, { socket, timer, closed });
    count += 1;
    socket.once('close', closed);
  });
  return {
    admit: (socket) => forget(endOf(socket)),
    dismiss: () => {
      for (const those of byAddress.values())
        for (const { socket } of those.values()) socket.destroy();
    },
  };
}

function crowdedAddress(byAddress: ReadonlyMap<string, ReadonlyMap<number, Waiting>>): string {
  let crowded = '';
  let most = 0;
  for (const [address, { size }] of byAddress) {
    if (size > most) [crowded, most] = [address, size];
  }
  return crowded;
}

interface RemoteEnd {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

interface End {
  readonly address: string;
  readonly port: number;
}

function endOf({ remoteAddress = '', remotePort = 0 }: RemoteEnd): End {
  return { address: remoteAddress, port: remotePort };
}
