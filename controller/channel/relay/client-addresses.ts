/** The addresses of clients, also of those whose connections another controller passes on. */
export interface RemoteEnd {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

export interface ClientAddresses {
  /** The client's address, as people write it: IPv4 without `::ffff:`. */
  of(socket: RemoteEnd): string;
  /** Notes the client of a connection until it is closed. */
  note(socket: ClosingEnd, address: string): void;
}

interface ClosingEnd extends RemoteEnd {
  once(event: 'close', closed: () => void): unknown;
}

/** By the ends of the connections, because TLS wraps the socket that arrived in another one. */
export function createClientAddresses(): ClientAddresses {
  const noted = new Map<string, { readonly socket: ClosingEnd; readonly address: string }>();
  return {
    of: (socket) => {
      // Mostly no connection is passed on, and this is asked several times for each of thousands.
      const passed = noted.size === 0 ? undefined : noted.get(keyOf(socket));
      return passed?.address ?? shownAddress(socket.remoteAddress);
    },
    note: (socket, address) => {
      const key = keyOf(socket);
      noted.set(key, { socket, address });
      socket.once('close', () => {
        // Another connection may have got the port meanwhile.
        if (noted.get(key)?.socket === socket) noted.delete(key);
      });
    },
  };
}

function keyOf({ remoteAddress = '', remotePort = 0 }: RemoteEnd): string {
  return `${remoteAddress} ${String(remotePort)}`;
}

function shownAddress(address = 'unknown'): string {
  return address.replace(/^::ffff:/, '');
}
