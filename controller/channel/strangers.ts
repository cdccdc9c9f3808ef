/**
 * Connections that have not shown the token yet: there may be only few, and not for long. If there
 * are too many, the oldest one of the address with the most is ended, so that silent connections
 * keep no agent out, and one address does not displace the others.
 */
import type { Server, Socket } from 'node:net';
import {
  createClientAddresses,
  type ClientAddresses,
  type RemoteEnd,
} from './relay/client-addresses.ts';

export interface StrangerLimits {
  readonly max: number;
  readonly ms: number;
}

export interface StrangerEvents {
  /** Called when a connection was ended for want of room. */
  readonly dropped: (address: string) => void;
  /** Default: every connection comes from the client itself. */
  readonly clients?: Pick<ClientAddresses, 'of'>;
}

export interface Strangers {
  /** The connection has shown the token. */
  admit(socket: RemoteEnd): void;
  /** Its time stops: it waits for this program, and not this program for it. */
  keep(socket: RemoteEnd): void;
  /** The time of one that was kept begins anew. */
  judge(socket: RemoteEnd): void;
  /** Counts a connection anew, once its client is known. @param note notes the client */
  recount(socket: Socket, note: () => void): void;
  /** Ends all of them. */
  dismiss(): void;
}

interface Waiting {
  readonly socket: Socket;
  /** Absent: its time has stopped. */
  timer?: NodeJS.Timeout | undefined;
  /** Its listener for the end of the connection. */
  readonly closed: () => void;
}

export function watchStrangers(
  server: Server,
  limits: StrangerLimits,
  events: StrangerEvents,
): Strangers {
  // By address and port, because TLS wraps the socket that arrived in another one.
  const byAddress = new Map<string, Map<string, Waiting>>();
  const { clients = createClientAddresses() } = events;
  const endOf = (socket: RemoteEnd): End => ({
    address: clients.of(socket),
    // The address and port of the connection itself, so that no other connection has the same end.
    id: `${socket.remoteAddress ?? ''} ${String(socket.remotePort ?? 0)}`,
  });
  let count = 0;
  const forget = ({ address, id }: End): void => {
    const those = byAddress.get(address);
    const waiting = those?.get(id);
    if (those === undefined || waiting === undefined) return;
    clearTimeout(waiting.timer);
    // The connection of an agent lives long, and would keep it in memory.
    waiting.socket.off('close', waiting.closed);
    those.delete(id);
    if (those.size === 0) byAddress.delete(address);
    count -= 1;
  };
  const dropOne = (): void => {
    const address = crowdedAddress(byAddress);
    const [oldest] = byAddress.get(address) ?? [];
    if (oldest === undefined) return;
    const [id, { socket }] = oldest;
    forget({ address, id });
    socket.destroy();
    events.dropped(address);
  };
  const timeOf = (socket: Socket): NodeJS.Timeout => setTimeout(() => socket.destroy(), limits.ms);
  const waitingOf = (socket: RemoteEnd): Waiting | undefined => {
    const { address, id } = endOf(socket);
    return byAddress.get(address)?.get(id);
  };
  const watch = (socket: Socket): void => {
    if (count >= limits.max) dropOne();
    const end = endOf(socket);
    const those = byAddress.get(end.address) ?? new Map<string, Waiting>();
    byAddress.set(end.address, those);
    const closed = (): void => {
      // Another connection may have got the port meanwhile.
      if (byAddress.get(end.address)?.get(end.id)?.socket === socket) forget(end);
    };
    those.set(end.id, { socket, timer: timeOf(socket), closed });
    count += 1;
    socket.once('close', closed);
  };
  server.on('connection', watch);
  return {
    admit: (socket) => forget(endOf(socket)),
    keep: (socket) => {
      const waiting = waitingOf(socket);
      clearTimeout(waiting?.timer);
      if (waiting !== undefined) waiting.timer = undefined;
    },
    judge: (socket) => {
      const waiting = waitingOf(socket);
      if (waiting !== undefined) waiting.timer ??= timeOf(waiting.socket);
    },
    recount: (socket, note) => {
      forget(endOf(socket));
      note();
      watch(socket);
    },
    dismiss: () => {
      for (const those of byAddress.values())
        for (const { socket } of those.values()) socket.destroy();
    },
  };
}

function crowdedAddress(byAddress: ReadonlyMap<string, ReadonlyMap<string, Waiting>>): string {
  let crowded = '';
  let most = 0;
  for (const [address, { size }] of byAddress) {
    if (size > most) [crowded, most] = [address, size];
  }
  return crowded;
}

interface End {
  readonly address: string;
  readonly id: string;
}
