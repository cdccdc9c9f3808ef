/** The addresses of clients, also of those whose connections another controller passes on. */
import type { Socket } from 'node:net';

export interface RemoteEnd {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

export interface ClientAddresses {
  /** The client's address, as people write it: IPv4 without `::ffff:`. */
  of(socket: RemoteEnd): string;
  /** Notes the client of a connection until it is closed. */
  note(socket: Socket, address: string): void;
}

/** By the ends of the connections, because TLS wraps the socket that arrived in another one. */
export function createClientAddresses(): ClientAddresses {
  const noted = new Map<string, string>();
  return {
    of: (socket) => noted.get(keyOf(socket)) ?? shownAddress(socket.remoteAddress),
    note: (socket, address) => {
      const key = keyOf(socket);
      noted.set(key, address);
      socket.once('close', () => noted.delete(key));
    },
  };
}

function keyOf({ remoteAddress = '', remotePort = 0 }: RemoteEnd): string {
  return `${remoteAddress} ${String(remotePort)}`;
}

function shownAddress(address = 'unknown'): string {
  return address.replace(/^::ffff:/, '');
}
