/**
 * One record for all nodes that were connected at one moment, because a record for each of ten thousand
 * nodes cannot be written every few minutes.
 */
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import { textAt, textsAt, valueAt } from '../../../core/input/plain-data.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';

/** Nodes that were connected, each of which was heard at this time or later. */
export interface SeenNodes {
  /** RFC 3339. */
  readonly at: string;
  readonly wasConnected: (node: string) => boolean;
}

const formatVersion = 1;

/** The most bytes of the record: etcd takes little more than 1 MiB in a transaction. */
const mostBytes = 512 * 1024;

/**
 * Names the connected nodes, or the others where they are fewer.
 * @returns undefined: it would be too large
 */
export function seenText(
  at: string,
  connected: readonly string[],
  away: readonly string[],
): string | undefined {
  const named = away.length <= connected.length ? { away } : { connected };
  const text = JSON.stringify({ formatVersion, at, ...named });
  return Buffer.byteLength(text) > mostBytes ? undefined : text;
}

/** @returns undefined: it has another form, so that the time of each node's own record counts */
export function seenOf(text: string): SeenNodes | undefined {
  const parsed = parseJson(text, jsonBounds.state);
  const data: unknown = parsed.ok ? parsed.data : undefined;
  const at = textAt(data, 'at');
  if (valueAt(data, 'formatVersion') !== formatVersion) return undefined;
  if (at === undefined || Number.isNaN(Date.parse(at))) return undefined;
  const [away, connected] = [valueAt(data, 'away'), valueAt(data, 'connected')];
  if (Array.isArray(away)) {
    const names = new Set(textsAt(data, 'away'));
    return { at, wasConnected: (node) => !names.has(node) };
  }
  if (!Array.isArray(connected)) return undefined;
  const names = new Set(textsAt(data, 'connected'));
  return { at, wasConnected: (node) => names.has(node) };
}

/** The nodes with their times; a node that has gone since has a later one of its own. */
export function withSeen(
  nodes: readonly StoredNode[],
  { at, wasConnected }: SeenNodes,
): readonly StoredNode[] {
  return nodes.map((node) =>
    node.lastSeenAt < at && wasConnected(node.name.toLowerCase())
      ? { ...node, lastSeenAt: at }
      : node,
  );
}
