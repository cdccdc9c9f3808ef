/** Reads IPAM's blocks, whose keys name their networks: libcalico-go/lib/backend/model/block.go. */
import { jsonBounds } from '../../../../core/input/bounds.ts';
import { blockUse, parseIpamBlock, type BlockUse } from '../../../../core/survey/ipam-block.ts';
import type { IpamBlock } from '../../../../core/survey/surveyed-cluster.ts';
import type { StoredKey } from '../../../../runtime/etcd/keys.ts';
import { parseValue, whenParsed, type RawObject } from '../objects/stored-object.ts';

/** undefined: another key, a block that is being deleted, or a value that is no JSON object. */
export function parseBlock({ key, value }: StoredKey): IpamBlock | undefined {
  const cidr = cidrOf(key);
  return cidr === undefined ? undefined : parseIpamBlock(parseValue(value, jsonBounds.block), cidr);
}

export type ListOf<T> = readonly T[] | Promise<readonly T[]>;

/** As parseBlock, without holding up the event loop for a long value. */
export function readBlock(stored: StoredKey): ListOf<IpamBlock> {
  return readWith(parseIpamBlock, stored);
}

/** Empty: another key, or no address is in use. */
export function readBlockUse(stored: StoredKey): ListOf<BlockUse> {
  return readWith(blockUse, stored);
}

function readWith<T>(
  read: (raw: RawObject | undefined, cidr: string) => T | undefined,
  { key, value }: StoredKey,
): ListOf<T> {
  const cidr = cidrOf(key);
  if (cidr === undefined) return [];
  const listOf = (raw: RawObject | undefined): readonly T[] => {
    const found = read(raw, cidr);
    return found === undefined ? [] : [found];
  };
  return whenParsed(value, listOf, jsonBounds.block);
}

/** `…/ipv4/block/10.1.0.64-26`: the address and the prefix length. */
function cidrOf(key: string): string | undefined {
  const [, address, length] = /\/ipv[46]\/block\/([0-9A-Fa-f.:]+)-(\d+)$/.exec(key) ?? [];
  return address === undefined || length === undefined ? undefined : `${address}/${length}`;
}
