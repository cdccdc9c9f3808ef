/**
 * Removes the Node of a machine that is gone, with its tunnel addresses, its blocks that are then
 * empty, and its claims to them, as libcalico-go's ReleaseHostAffinities(mustBeEmpty) does.
 * Compares guard each transaction. Blocks with addresses of others stay. Sources:
 * libcalico-go/lib/ipam/ipam_block_reader_writer.go,
 * libcalico-go/lib/backend/model/block_affinity.go.
 */
import { jsonBounds } from '../../../../core/input/bounds.ts';
import { AppError } from '../../../../runtime/errors.ts';
import type { EtcdClient } from '../../../../runtime/etcd/etcd-client.ts';
import {
  noRevision,
  type Compare,
  type StoredKey,
  type Write,
} from '../../../../runtime/etcd/keys.ts';
import { parseBlock } from './ipam-block.ts';
import { isEmptyBlock } from '../../../../core/survey/ipam-block.ts';
import { freeingHint } from '../../../../core/survey/freeing-hint.ts';
import { tunnelHandlesOf } from '../../../../core/survey/tunnel-addresses.ts';
import { affinitiesPrefix, blocksPrefix, handlesPrefix, keyOf } from '../keys.ts';
import { withoutTunnelsOf } from './release-addresses.ts';
import { parseValue } from '../objects/stored-object.ts';
import { passingReading, ReadingBudget } from '../../../../runtime/pacing/reading-budget.ts';

/**
 * Each piece needs two compares and two writes of the 128 of a transaction; the Node and its
 * handles need up to eleven.
 */
const piecesAtOnce = 58;

interface Piece {
  readonly compares: readonly Compare[];
  readonly writes: readonly Write[];
}

interface Left {
  /** The blocks, and the claims to them. */
  readonly pieces: readonly Piece[];
  /** The handles of its tunnel addresses, which are removed last. */
  readonly handles: Piece;
  /** Number of its blocks that stay, because others than its tunnels have addresses of them. */
  readonly inUse: number;
}

/** @param version the Node's version; undefined: there is no Node, and only its blocks are left */
export async function removeNode(
  client: EtcdClient,
  name: string,
  version: string | undefined,
): Promise<void> {
  const { pieces, handles, inUse } = await findLeft(client, name);
  const key = keyOf('Node', name);
  if (version === undefined && pieces.length === 0) throw nothingToRemove(name, inUse);
  const guard: Compare = { key, modified: version ?? noRevision };
  for (let first = 0; first === 0 || first < pieces.length; first += piecesAtOnce) {
    const isLast = first + piecesAtOnce >= pieces.length;
    const some = [...pieces.slice(first, first + piecesAtOnce), ...(isLast ? [handles] : [])];
    const outcome = await client.commit({
      compares: [guard, ...some.flatMap(({ compares }) => compares)],
      writes: [
        ...some.flatMap(({ writes }) => writes),
        ...(isLast && version !== undefined ? [{ remove: key }] : []),
      ],
      otherwise: [key],
    });
    if (!outcome.done) throw whyNot(name, version, outcome.found.get(key));
  }
}

async function findLeft(client: EtcdClient, name: string): Promise<Left> {
  const prefix = affinitiesPrefix(name);
  const handleKeys = new Set(
    [...tunnelHandlesOf(name)].flatMap((handle) => {
      const asSpelled = handle.slice(0, -name.length) + name;
      return [handlesPrefix + handle, handlesPrefix + asSpelled];
    }),
  );
  const { ranges } = await client.read(
    [{ prefix: blocksPrefix }, { prefix }, ...[...handleKeys].map((key) => ({ key }))],
    { budget: new ReadingBudget(passingReading) },
  );
  const [stored = [], claims = [], ...handles] = ranges;
  const claimed = new Map(claims.map((one) => [one.key.slice(prefix.length), one]));
  const left = stored.flatMap((block) => leftIn(block, name) ?? []);
  const own = left.filter(({ isOwn }) => isOwn);
  const owned = new Set(own.map(({ place }) => place));
  // A claim to a block of another node, or to a missing one, has no effect.
  const stale = [...claimed.keys()].filter((place) => isPlace(place) && !owned.has(place));
  const changed = left.filter(({ write }) => write !== undefined);
  const blockAt = new Map(stored.map((one) => [one.key.slice(blocksPrefix.length), one]));
  const claimPiece = (place: string): Piece => {
    const claim = claimed.get(place);
    return {
      compares: [
        { key: blocksPrefix + place, modified: blockAt.get(place)?.modified ?? noRevision },
        { key: prefix + place, modified: claim?.modified ?? noRevision },
      ],
      writes: claim === undefined ? [] : [{ remove: prefix + place }],
    };
  };
  const changedPlaces = new Set(changed.map(({ place }) => place));
  return {
    pieces: [
      ...changed.map(({ place, block, write, goes, isOwn }): Piece => {
        const writes = write === undefined ? [] : [write];
        if (goes && isOwn) {
          const { compares, writes: claimWrites } = claimPiece(place);
          return { compares, writes: [...writes, ...claimWrites] };
        }
        return { compares: [{ key: block.key, modified: block.modified }], writes };
      }),
      ...stale.filter((place) => !changedPlaces.has(place)).map(claimPiece),
    ],
    handles: {
      compares: handles.flat().map(({ key, modified }) => ({ key, modified })),
      writes: handles.flat().map(({ key }) => ({ remove: key })),
    },
    inUse: own.filter(({ goes }) => !goes).length,
  };
}

interface LeftBlock {
  readonly place: string;
  readonly block: StoredKey;
  /** The block has the affinity of the node. */
  readonly isOwn: boolean;
  /** The whole block is deleted. */
  readonly goes: boolean;
  /** The block's change; undefined: it stays as it is. */
  readonly write: Write | undefined;
}

/** The block without the node's part; undefined: the node has no part of it. */
function leftIn(block: StoredKey, name: string): LeftBlock | undefined {
  const place = block.key.slice(blocksPrefix.length);
  const raw = parseValue(block.value, jsonBounds.block);
  if (raw === undefined) return undefined;
  const node = parseBlock(block)?.node;
  const released = withoutTunnelsOf(name, raw);
  const isOwn = node === name;
  if (!isOwn && released === undefined) return undefined;
  const goes = (isOwn || node === undefined) && isEmptyBlock(released ?? raw);
  if (goes) return { place, block, isOwn, goes, write: { remove: block.key } };
  const write =
    released === undefined ? undefined : { put: block.key, value: JSON.stringify(released) };
  return { place, block, isOwn, goes, write };
}

function isPlace(place: string): boolean {
  return /^ipv[46]\/block\/[^/]+$/.test(place);
}

function nothingToRemove(name: string, inUse: number): AppError {
  const what = `cannot remove the rest of node "${name}"`;
  return inUse === 0
    ? new AppError('not-found', `${what}: it has neither a Node nor address blocks`)
    : new AppError(
        'datastore-conflict',
        `${what}: addresses are in use in ${String(inUse)} of its blocks; ${freeingHint}`,
      );
}

function whyNot(name: string, version: string | undefined, node: StoredKey | undefined): AppError {
  const what = `cannot remove Node "${name}"`;
  if (version !== undefined && node === undefined)
    return new AppError('not-found', `${what}: there is no such Node`);
  const reason =
    node?.modified === version
      ? 'its address blocks were changed meanwhile'
      : 'somebody changed it meanwhile';
  return new AppError('datastore-conflict', `${what}: ${reason}`, { retryable: true });
}
