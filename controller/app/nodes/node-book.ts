/**
 * The nodes that are known, within bounds: whoever has the token can say that it is any number of
 * nodes. One address can take half of the room at most. Where there is none left, nodes that are away
 * give way: those of the address that has most of them, the longest away first. A node that is known
 * is never kept out by those that are not.
 */
import { groupBy } from '../../../core/group-by.ts';
import type { NodeRecord } from './node-record.ts';

export interface NodeBounds {
  readonly nodes: number;
  /** Of the facts of all nodes, as JSON. */
  readonly factsBytes: number;
}

export const nodeBounds: NodeBounds = { nodes: 20_000, factsBytes: 64 * 1024 * 1024 };

export interface NodeBook {
  get(name: string): NodeRecord | undefined;
  records(): readonly NodeRecord[];
  put(record: NodeRecord): void;
  remove(name: string): void;
  /**
   * Makes room for a node as it is now. A text says why there is none; then nothing has changed.
   * @param address where its connection comes from
   */
  makeRoom(node: Pick<NodeRecord, 'name' | 'factsBytes'>, address: string): string | undefined;
}

interface Room {
  nodes: number;
  bytes: number;
}

export function createNodeBook(
  before: readonly NodeRecord[],
  bounds: NodeBounds,
  gaveWay: (names: readonly string[]) => void,
): NodeBook {
  const nodes = new Map(before.map((record) => [record.name, record]));
  let bytes = before.reduce((sum, { factsBytes }) => sum + factsBytes, 0);

  const remove = (name: string): void => {
    bytes -= nodes.get(name)?.factsBytes ?? 0;
    nodes.delete(name);
  };
  /** What is taken, by all or by one address. */
  const taken = (records: Iterable<NodeRecord>): Room => {
    const sum: Room = { nodes: 0, bytes: 0 };
    for (const { factsBytes } of records) {
      sum.nodes += 1;
      sum.bytes += factsBytes;
    }
    return sum;
  };
  const isTooMuch = (room: Room, added: number, scope: number): boolean =>
    room.nodes + 1 > bounds.nodes * scope || room.bytes + added > bounds.factsBytes * scope;
  /** Those who give way so that there is room; undefined where that is not enough. */
  const giveWay = (
    room: Room,
    added: number,
    scope: number,
    away: readonly NodeRecord[],
  ): readonly string[] | undefined => {
    const left = { ...room };
    const names: string[] = [];
    for (const { name, factsBytes } of away) {
      if (!isTooMuch(left, added, scope)) break;
      left.nodes -= 1;
      left.bytes -= factsBytes;
      names.push(name);
    }
    return isTooMuch(left, added, scope) ? undefined : names;
  };
  const makeRoom: NodeBook['makeRoom'] = ({ name, factsBytes }, address) => {
    const known = nodes.get(name);
    if (known !== undefined) {
      // Its place is its own; a quarter more is there for facts that grow.
      const grown = bytes + factsBytes - known.factsBytes;
      const isFine = factsBytes <= known.factsBytes || grown <= bounds.factsBytes * 1.25;
      return isFine ? undefined : 'there is no room for more facts of this node';
    }
    const all = { nodes: nodes.size, bytes };
    const records = [...nodes.values()];
    const own = records.filter((record) => addressOf(record) === address);
    const ofOwn = isTooMuch(taken(own), factsBytes, 0.5)
      ? giveWay(taken(own), factsBytes, 0.5, longestAway(own))
      : [];
    if (ofOwn === undefined) return 'too many nodes from this address: no room for another one';
    const ofAll =
      ofOwn.length === 0 && isTooMuch(all, factsBytes, 1)
        ? giveWay(all, factsBytes, 1, longestAway(mostAway(records)))
        : [];
    if (ofAll === undefined) return 'no room for a new node: see "forget" of calico-controller';
    const gone = [...ofOwn, ...ofAll];
    for (const one of gone) remove(one);
    if (gone.length > 0) gaveWay(gone);
    return undefined;
  };

  return {
    get: (name) => nodes.get(name),
    records: () => [...nodes.values()],
    put: (record) => {
      bytes += record.factsBytes - (nodes.get(record.name)?.factsBytes ?? 0);
      nodes.set(record.name, record);
    },
    remove,
    makeRoom,
  };
}

function addressOf({ connection, address }: NodeRecord): string {
  return connection?.remote ?? address ?? '';
}

function longestAway(records: readonly NodeRecord[]): readonly NodeRecord[] {
  return records
    .filter(({ connection }) => connection === undefined)
    .toSorted((one, other) => (one.lastSeenAt < other.lastSeenAt ? -1 : 1));
}

/** The nodes that are away of the address that has most of them; one alone is no flood. */
function mostAway(records: readonly NodeRecord[]): readonly NodeRecord[] {
  const away = groupBy(
    records.filter(({ connection }) => connection === undefined),
    addressOf,
  );
  const [most = []] = [...away.values()].toSorted((one, other) => other.length - one.length);
  return most.length > 1 ? most : [];
}
