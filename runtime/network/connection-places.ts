/** The places for connections: how many there may be, in all and of each address. */
import type { Duplex } from 'node:stream';

export interface Places {
  readonly areLeft: (remote: string) => boolean;
  /** Takes one until the socket is closed. */
  readonly take: (remote: string, socket: Duplex) => void;
}

/** @param most of all addresses together; absent: they are bounded elsewhere */
export function createPlaces(mostPerAddress: number, most = Infinity): Places {
  let taken = 0;
  const byAddress = new Map<string, number>();
  const count = (remote: string, change: 1 | -1): void => {
    taken += change;
    const left = (byAddress.get(remote) ?? 0) + change;
    if (left === 0) byAddress.delete(remote);
    else byAddress.set(remote, left);
  };
  return {
    areLeft: (remote) => taken < most && (byAddress.get(remote) ?? 0) < mostPerAddress,
    take: (remote, socket) => {
      count(remote, 1);
      socket.once('close', () => count(remote, -1));
    },
  };
}
