/** Observes the state for a plan of this node, at one revision of etcd. */
import type {
  Observed,
  ObservedNode,
  ObservedResource,
  PoolUsage,
  TakenName,
} from '../../../core/observe/observed.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { freeNameBytes, weightOf } from '../../../core/input/weight.ts';
import { resourceKinds, type ResourceKind } from '../../../core/calico/resource.ts';
import { poolUsageOf } from '../../../core/survey/ipam-block.ts';
import type { IpamBlock } from '../../../core/survey/surveyed-cluster.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import type { KeptPart, StoredKey } from '../../../runtime/etcd/keys.ts';
import { readBlock, readBlockUse, type ListOf } from './ipam/ipam-block.ts';
import { ReadingBudget } from '../../../runtime/pacing/reading-budget.ts';
import { blocksPrefix, keyOf, kindPrefix } from './keys.ts';
import { nodeSettingsOf } from './objects/node-object.ts';
import {
  faultOfNode,
  lookingWith,
  observeKey,
  whenParsed,
  type RawObject,
} from './objects/stored-object.ts';

export interface Seen {
  readonly observed: Observed;
  /** This node's Calico Node, as it is stored; absent: there is none. */
  readonly node?: StoredKey;
}

/** The part of a key that is held: never its value, except for this node. */
type Part = Found | { readonly stored: StoredKey };
export type Found = { readonly resource: ObservedResource } | { readonly taken: TakenName };

export async function observeEtcd(client: EtcdClient, node: string): Promise<Seen> {
  const { ranges } = await client.readParts<Part>(
    [...resourceKinds.map((kind) => ({ prefix: kindPrefix(kind) })), { key: keyOf('Node', node) }],
    (range) => {
      const kind = resourceKinds[range];
      if (kind === undefined) return (stored) => ({ part: { stored }, bytes: stored.value.length });
      return (stored) =>
        whenParsed(stored.value, (raw) => {
          const part = observeKey(kind, nameOf(kind, stored), stored, raw);
          return { part, bytes: bytesOfFound(part) };
        });
    },
  );
  const found = foundIn(ranges.flat());
  const [own] = ranges.at(-1) ?? [];
  if (own === undefined || !('stored' in own)) {
    return { observed: { ...found, fillsDefaults: true, nodes: [absentNode(node)] } };
  }
  const { stored } = own;
  const nodes = [await whenParsed(stored.value, (raw) => observeNode(node, stored, raw))];
  return { observed: { ...found, fillsDefaults: true, nodes }, node: stored };
}

/** The resources, and the names that are taken, in the order in which they were read. */
export function foundIn(parts: readonly Part[]): Pick<Observed, 'resources' | 'taken'> {
  const resources: ObservedResource[] = [];
  const taken: TakenName[] = [];
  for (const part of parts) {
    if ('resource' in part) resources.push(part.resource);
    else if ('taken' in part) taken.push(part.taken);
  }
  return { resources, ...(taken.length > 0 && { taken }) };
}

export function nameOf(kind: ResourceKind | 'BGPFilter' | 'Node', { key }: StoredKey): string {
  return key.slice(kindPrefix(kind).length);
}

function bytesOfFound(found: Found): number {
  const data = 'resource' in found ? found.resource : found.taken;
  return weightOf(data, jsonBounds.object.maxValues, freeNameBytes).bytes;
}

/** @param raw the parsed value */
export function observeNode(
  name: string,
  { key }: Pick<StoredKey, 'key'>,
  raw: RawObject | undefined,
): ObservedNode {
  const why = faultOfNode(name, raw);
  if (why === undefined) return { name, settings: nodeSettingsOf(raw) };
  return { ...absentNode(name), unreadable: { why, showWith: lookingWith(key) } };
}

function absentNode(name: string): ObservedNode {
  return { name, settings: { groupLabels: [] }, exists: false };
}

export async function readBlocks(
  client: EtcdClient,
  budget?: ReadingBudget,
): Promise<readonly IpamBlock[]> {
  return readOfBlocks(client, readBlock, budget);
}

export async function readPoolUsage(
  client: EtcdClient,
  cidrs: readonly string[],
): Promise<readonly PoolUsage[]> {
  return cidrs.length === 0 ? [] : poolUsageOf(cidrs, await readOfBlocks(client, readBlockUse));
}

/** Holds of each block only what `read` gives: its value lists all of its addresses. */
async function readOfBlocks<T>(
  client: EtcdClient,
  read: (stored: StoredKey) => ListOf<T>,
  budget = new ReadingBudget(),
): Promise<readonly T[]> {
  const keep = async (stored: StoredKey): Promise<KeptPart<readonly T[]>> => {
    const part = await read(stored);
    return { part, bytes: weightOf(part, jsonBounds.block.maxValues).bytes };
  };
  const { ranges } = await client.readParts([{ prefix: blocksPrefix }], () => keep, { budget });
  return ranges.flat(2);
}
