/** The room that nodes take, of all and of each address, so that no connection has to count all nodes. */
export interface Room {
  readonly nodes: number;
  /** Of their facts, as JSON. */
  readonly bytes: number;
}

export interface NodeRooms {
  readonly all: Room;
  of(address: string): Room;
  /** Counts a node of this address: 1 where it came, -1 where it went. */
  count(address: string, bytes: number, sign: 1 | -1): void;
}

interface Tally {
  nodes: number;
  bytes: number;
}

const none: Room = { nodes: 0, bytes: 0 };

export function createRooms(): NodeRooms {
  const all: Tally = { nodes: 0, bytes: 0 };
  const byAddress = new Map<string, Tally>();
  const add = (tally: Tally, bytes: number, sign: 1 | -1): void => {
    tally.nodes += sign;
    tally.bytes += sign * bytes;
  };
  return {
    all,
    of: (address) => byAddress.get(address) ?? none,
    count: (address, bytes, sign) => {
      add(all, bytes, sign);
      const tally = byAddress.get(address) ?? { nodes: 0, bytes: 0 };
      byAddress.set(address, tally);
      add(tally, bytes, sign);
      if (tally.nodes === 0) byAddress.delete(address);
    },
  };
}
