/** The nodes of the fleet with the connections of their agents. */
import {
  createNodeBook,
  type NodeBook,
  type NodeBounds,
  type NodePlace,
} from '../nodes/node-book.ts';
import { nodeRecord, withStatus, type NodeRecord } from '../nodes/node-record.ts';
import type { FleetLink } from './fleet.ts';

export interface LinkedNodes extends Pick<NodeBook, 'get' | 'records' | 'makeRoom'> {
  /** Visits the connected nodes. */
  readonly eachLinked: (visit: (link: FleetLink, record: NodeRecord) => void) => void;
  /** No agent is connected. */
  readonly areAllAway: () => boolean;
  readonly linkOf: (name: string) => FleetLink | undefined;
  /** The node of this link, unless a newer link has replaced it. */
  readonly nodeOf: (link: FleetLink) => NodeRecord | undefined;
  /** The place of its record, as `nodeOf`. */
  readonly placeOf: (link: FleetLink) => NodePlace | undefined;
  /** Makes this the link of a known node. */
  readonly attach: (name: string, link: FleetLink) => void;
  /** Removes the link, and returns its node; undefined: a newer link has replaced it. */
  readonly detach: (link: FleetLink) => NodeRecord | undefined;
  /** Stores the record, and calls the watchers. */
  readonly put: (record: NodeRecord) => void;
  /** Changes the record after an answer of its agent, and calls the watchers. */
  readonly putProgress: (
    place: NodePlace,
    after: Pick<NodeRecord, 'progress' | 'takenOver' | 'complaint'>,
  ) => void;
  /** Stores the record after a status of its agent, as `put`. */
  readonly putStatus: (before: NodeRecord, after: Parameters<typeof withStatus>[1]) => void;
  /**
   * Stores the record without calling the watchers, for many changes at once; `changed` calls them.
   */
  readonly putQuietly: (record: NodeRecord) => void;
  readonly removeQuietly: (name: string) => void;
  readonly changed: () => void;
  /** The time of the agent's last message, RFC 3339. */
  readonly heardAt: (link: FleetLink) => string;
  readonly lastSeenAt: (record: NodeRecord) => string;
  /** Calls the listener after each change. Returns a function that ends this. */
  readonly watch: (listener: () => void) => () => void;
}

export interface LinkedNodesDeps {
  readonly bounds: NodeBounds;
  /** RFC 3339. */
  readonly now: () => string;
  /** Called with nodes that were forgotten to make room for another one. */
  readonly gaveWay: (names: readonly string[]) => void;
}

export function createLinkedNodes({ bounds, now, gaveWay }: LinkedNodesDeps): LinkedNodes {
  const book = createNodeBook([], bounds, gaveWay);
  const links = new Map<string, FleetLink>();
  /** The nodes of these; a replaced link is in neither. */
  const places = new Map<FleetLink, NodePlace>();
  const watchers = new Set<() => void>();

  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  const nodeOf = (link: FleetLink): NodeRecord | undefined => places.get(link)?.record;
  const heardAt = (link: FleetLink): string =>
    new Date(Date.parse(now()) - link.silentMs()).toISOString();
  return {
    get: book.get,
    records: book.records,
    makeRoom: book.makeRoom,
    eachLinked: (visit) => {
      // Without the pairs that an iterator makes.
      places.forEach(({ record }, link) => {
        if (record !== undefined) visit(link, record);
      });
    },
    areAllAway: () => links.size === 0,
    linkOf: (name) => links.get(name),
    nodeOf,
    placeOf: (link) => places.get(link),
    attach: (name, link) => {
      const place = book.placeOf(name);
      if (place === undefined) return;
      const replaced = links.get(name);
      if (replaced !== undefined) places.delete(replaced);
      links.set(name, link);
      places.set(link, place);
    },
    detach: (link) => {
      const record = nodeOf(link);
      places.delete(link);
      if (record !== undefined) links.delete(record.name);
      return record;
    },
    put: (record) => {
      book.put(nodeRecord(record));
      changed();
    },
    putProgress: ({ record }, { progress, takenOver, complaint }) => {
      if (record === undefined) return;
      record.progress = progress;
      record.takenOver = takenOver;
      record.complaint = complaint;
      changed();
    },
    putStatus: (before, after) => {
      book.put(withStatus(before, after));
      changed();
    },
    putQuietly: (record) => book.put(nodeRecord(record)),
    removeQuietly: book.remove,
    changed,
    heardAt,
    lastSeenAt: (record) => {
      const link = links.get(record.name);
      return link === undefined ? record.lastSeenAt : heardAt(link);
    },
    watch: (listener) => {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
  };
}
