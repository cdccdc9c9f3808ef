/**
 * Takes a Node away whose machine is gone, with its address blocks that are empty and its claims to
 * them, as libcalico-go's ReleaseHostAffinities(mustBeEmpty) does: one after the other there, and
 * guarded by compares here. Blocks with addresses in use stay as they are: `calicoctl delete node`
 * knows whose addresses they are. Sources: libcalico-go/lib/ipam/ipam_block_reader_writer.go,
 * libcalico-go/lib/backend/model/block_affinity.go.
 */
import { AppError } from '../../../runtime/errors.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import {
  noRevision,
  type Compare,
  type StoredKey,
  type Write,
} from '../../../runtime/etcd/keys.ts';
import { readBlock } from './ipam-block.ts';
import { affinitiesPrefix, blocksPrefix, keyOf } from './keys.ts';
import { parseValue } from './stored-object.ts';

/** Each takes two compares and two writes of the 128, and the Node takes one. */
const piecesAtOnce = 60;

interface Piece {
  readonly compares: readonly Compare[];
  readonly writes: readonly Write[];
}

/** @param version of the Node; undefined: there is none, and only blocks of it are left */
export async function removeNode(
  client: EtcdClient,
  name: string,
  version: string | undefined,
): Promise<void> {
  const { pieces, inUse } = await piecesOf(client, name);
  const key = keyOf('Node', name);
  if (version === undefined && pieces.length === 0) throw nothingToRemove(name, inUse);
  const guard: Compare = { key, modified: version ?? noRevision };
  for (let first = 0; first === 0 || first < pieces.length; first += piecesAtOnce) {
    const some = pieces.slice(first, first + piecesAtOnce);
    const isLast = first + piecesAtOnce >= pieces.length;
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

async function piecesOf(
  client: EtcdClient,
  name: string,
): Promise<{ readonly pieces: readonly Piece[]; readonly inUse: number }> {
  const prefix = affinitiesPrefix(name);
  const { ranges } = await client.read([{ prefix: blocksPrefix }, { prefix }]);
  const [stored = [], claims = []] = ranges;
  const blocks = new Map(stored.map((one) => [one.key.slice(blocksPrefix.length), one]));
  const claimed = new Map(claims.map((one) => [one.key.slice(prefix.length), one]));
  const own = [...blocks].filter(([, block]) => readBlock(block)?.node === name);
  const freed = own.filter(([, block]) => isEmpty(block)).map(([place]) => place);
  const owned = new Set(own.map(([place]) => place));
  // A claim to another's block, or to one that is not there, claims nothing.
  const stale = [...claimed.keys()].filter((place) => isPlace(place) && !owned.has(place));
  const pieceOf = (place: string, isOwn: boolean): Piece => {
    const [block, claim] = [blocks.get(place), claimed.get(place)];
    return {
      compares: [
        { key: blocksPrefix + place, modified: block?.modified ?? noRevision },
        { key: prefix + place, modified: claim?.modified ?? noRevision },
      ],
      writes: [
        ...(isOwn ? [{ remove: blocksPrefix + place }] : []),
        ...(claim === undefined ? [] : [{ remove: prefix + place }]),
      ],
    };
  };
  return {
    pieces: [
      ...freed.map((place) => pieceOf(place, true)),
      ...stale.map((place) => pieceOf(place, false)),
    ],
    inUse: owned.size - freed.length,
  };
}

function isPlace(place: string): boolean {
  return /^ipv[46]\/block\/[^/]+$/.test(place);
}

/** Stricter than a count: what is not understood is in use. */
function isEmpty({ value }: StoredKey): boolean {
  const allocations = parseValue(value)?.['allocations'];
  return Array.isArray(allocations) && allocations.every((one) => one === null);
}

function nothingToRemove(name: string, inUse: number): AppError {
  const what = `cannot remove what is left of node "${name}"`;
  return inUse === 0
    ? new AppError('not-found', `${what}: it has neither a Node nor address blocks`)
    : new AppError(
        'datastore-conflict',
        `${what}: addresses are in use in ${String(inUse)} of its blocks; calicoctl delete node ${name} gives its blocks back, also without a Node, and calicoctl ipam release --ip each address`,
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
