/** IPAM's blocks: libcalico-go/lib/backend/model/block.go. */
import { tunnelsIn } from '../../../../core/survey/ipam-block.ts';
import type { IpamBlock } from '../../../../core/survey/surveyed-cluster.ts';
import type { StoredKey } from '../../../../runtime/etcd/keys.ts';
import { parseValue } from '../objects/stored-object.ts';

/** `…/ipv4/block/10.1.0.64-26`: the address and the prefix length. */
const blockKey = /\/ipv[46]\/block\/([0-9A-Fa-f.:]+)-(\d+)$/;

/** undefined: another key, or a block that is being deleted. */
export function readBlock({ key, value }: StoredKey): IpamBlock | undefined {
  const [, address, length] = blockKey.exec(key) ?? [];
  const block = parseValue(value);
  if (address === undefined || length === undefined || block === undefined) return undefined;
  if (block['deleted'] === true) return undefined;
  const { allocations } = block;
  const used = Array.isArray(allocations) ? allocations.filter(isGivenOut).length : 0;
  const node = /^host:(.+)$/s.exec(textOf(block['affinity']))?.[1] ?? textOf(block['hostAffinity']);
  return {
    cidr: `${address}/${length}`,
    addresses: used,
    ...(node !== '' && { node }),
    ...tunnelsIn(block),
  };
}

/** The network of a block whose content nobody can read: what is in use there is unknown. */
export function unreadableBlock({ key, value }: StoredKey): string | undefined {
  const [, address, length] = blockKey.exec(key) ?? [];
  if (address === undefined || length === undefined) return undefined;
  const block = parseValue(value);
  const isReadable = block !== undefined && Array.isArray(block['allocations']);
  return isReadable || block?.['deleted'] === true ? undefined : `${address}/${length}`;
}

/** Each entry is the number of its attributes; null: free. */
function isGivenOut(entry: unknown): boolean {
  return typeof entry === 'number';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
