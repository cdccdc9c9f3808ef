/**
 * The known nodes, within bounds, because a program with the token can appear as any number of
 * nodes. One address can take at most half of the room. If none is left, nodes that are away are
 * forgotten: those of the address that has most of them, the longest away first. Unknown nodes
 * never keep a known one out.
 */
import { groupBy } from '../../../core/group-by.ts';
import type { KeptRecord, NodeRecord } from './node-record.ts';
import { createRooms, type Room } from './node-rooms.ts';

export interface NodeBounds {
  readonly nodes: number;
  /** The facts of all nodes, as JSON. */
  readonly factsBytes: number;
}

export const nodeBounds: NodeBounds = { nodes: 20_000, factsBytes: 64 * 1024 * 1024 };

/** Where the record of a known node is: answers come by the thousand, and need no search by name. */
export interface NodePlace {
  /** Undefined: the node was removed. */
  record: KeptRecord | undefined;
}

export interface NodeBook {
  get(name: string): NodeRecord | undefined;
  /** The place of a known node; it is the same until the node is removed. */
  placeOf(name: string): NodePlace | undefined;
  records(): readonly NodeRecord[];
  /** @param record belongs to the book from now on */
  put(record: NodeRecord): void;
  remove(name: string): void;
  /**
   * Makes room for a node. Returns a text with the reason if there is none; then nothing has
   * changed.
   * @param address the address from which its connection comes
   */
  makeRoom(node: Pick<NodeRecord, 'name' | 'factsBytes'>, address: string): string | undefined;
}

export function createNodeBook(
  before: readonly NodeRecord[],
  bounds: NodeBounds,
  gaveWay: (names: readonly string[]) => void,
): NodeBook {
  const places = new Map<string, NodePlace>();
  const rooms = createRooms();
  const get = (name: string): NodeRecord | undefined => places.get(name)?.record;
  const records = (): NodeRecord[] => {
    const all: NodeRecord[] = [];
    for (const { record } of places.values()) if (record !== undefined) all.push(record);
    return all;
  };

  const remove = (name: string): void => {
    const place = places.get(name);
    if (place?.record === undefined) return;
    rooms.count(addressOf(place.record), place.record.factsBytes, -1);
    place.record = undefined;
    places.delete(name);
  };
  const put = (record: NodeRecord): void => {
    const place = places.get(record.name);
    const known = place?.record;
    const address = addressOf(record);
    // Each answer of a node puts its record, and hardly any changes this.
    if (known?.factsBytes !== record.factsBytes || addressOf(known) !== address) {
      if (known !== undefined) rooms.count(addressOf(known), known.factsBytes, -1);
      rooms.count(address, record.factsBytes, 1);
    }
    if (place === undefined) places.set(record.name, { record });
    else place.record = record;
  };
  for (const record of before) put(record);
  const ofAddress = (address: string): readonly NodeRecord[] =>
    records().filter((record) => addressOf(record) === address);
  const half = { nodes: bounds.nodes / 2, factsBytes: bounds.factsBytes / 2 };
  const makeRoom: NodeBook['makeRoom'] = ({ name, factsBytes }, address) => {
    const known = get(name);
    if (known !== undefined) {
      // A known node keeps its place; there is a quarter more room for growing facts.
      const grown = rooms.all.bytes + factsBytes - known.factsBytes;
      const isFine = factsBytes <= known.factsBytes || grown <= bounds.factsBytes * 1.25;
      return isFine ? undefined : 'there is no room for more facts of this node';
    }
    const { all } = rooms;
    const own = rooms.of(address);
    const ofOwn = isTooMuch(own, factsBytes, half)
      ? giveWay(own, factsBytes, half, longestAway(ofAddress(address)))
      : [];
    if (ofOwn === undefined) return 'too many nodes from this address: no room for another one';
    const ofAll =
      ofOwn.length === 0 && isTooMuch(all, factsBytes, bounds)
        ? giveWay(all, factsBytes, bounds, longestAway(mostAway(records())))
        : [];
    if (ofAll === undefined) return 'no room for a new node: see "forget" of calico-controller';
    const gone = [...ofOwn, ...ofAll];
    for (const one of gone) remove(one);
    if (gone.length > 0) gaveWay(gone);
    return undefined;
  };

  return {
    get,
    placeOf: (name) => places.get(name),
    records,
    put,
    remove,
    makeRoom,
  };
}

function isTooMuch(room: Room, added: number, bounds: NodeBounds): boolean {
  return room.nodes + 1 > bounds.nodes || room.bytes + added > bounds.factsBytes;
}

/** The nodes to forget so that there is room; undefined: they are not enough. */
function giveWay(
  room: Room,
  added: number,
  bounds: NodeBounds,
  away: readonly NodeRecord[],
): readonly string[] | undefined {
  const left = { ...room };
  const names: string[] = [];
  for (const { name, factsBytes } of away) {
    if (!isTooMuch(left, added, bounds)) break;
    left.nodes -= 1;
    left.bytes -= factsBytes;
    names.push(name);
  }
  return isTooMuch(left, added, bounds) ? undefined : names;
}

function addressOf({ connection, address }: NodeRecord): string {
  return connection?.remote ?? address ?? '';
}

function longestAway(records: readonly NodeRecord[]): readonly NodeRecord[] {
  return records
    .filter(({ connection }) => connection === undefined)
    .toSorted((one, other) => (one.lastSeenAt < other.lastSeenAt ? -1 : 1));
}

/** The nodes that are away of the address with most of them; a single one does not count. */
function mostAway(records: readonly NodeRecord[]): readonly NodeRecord[] {
  const away = groupBy(
    records.filter(({ connection }) => connection === undefined),
    addressOf,
  );
  const [most = []] = [...away.values()].toSorted((one, other) => other.length - one.length);
  return most.length > 1 ? most : [];
}
