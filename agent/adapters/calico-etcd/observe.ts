/** Observes the state for a plan of this node, at one revision of etcd. */
import type {
  Observed,
  ObservedNode,
  ObservedResource,
  PoolUsage,
  TakenName,
} from '../../../core/observe/observed.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { weightOf } from '../../../core/input/weight.ts';
import { resourceKinds } from '../../../core/calico/resource.ts';
import { poolUsageOf } from '../../../core/survey/ipam-block.ts';
import type { IpamBlock } from '../../../core/survey/surveyed-cluster.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import { passingReading, ReadingBudget } from '../../../runtime/pacing/reading-budget.ts';
import type { StoredKey } from '../../../runtime/etcd/keys.ts';
import { flatMapInTurns, inTurns } from '../../../runtime/pacing/in-turns.ts';
import { readBlock, readBlockUse } from './ipam/ipam-block.ts';
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
  /** The read keys, by name. */
  readonly stored: ReadonlyMap<string, StoredKey>;
}

export async function observeEtcd(client: EtcdClient, node: string): Promise<Seen> {
  const { ranges } = await client.read([
    ...resourceKinds.map((kind) => ({ prefix: kindPrefix(kind) })),
    { key: keyOf('Node', node) },
  ]);
  const [stored] = ranges[resourceKinds.length] ?? [];
  const byKey = new Map<string, StoredKey>();
  for (const range of ranges) await inTurns(range, (one) => void byKey.set(one.key, one));
  return {
    observed: {
      ...(await observeResources(ranges)),
      fillsDefaults: true,
      nodes: [
        stored === undefined
          ? absentNode(node)
          : await whenParsed(stored.value, (raw) => observeNode(node, stored, raw)),
      ],
    },
    stored: byKey,
  };
}

/**
 * There may be tens of thousands of objects, so the event loop does other work in between.
 * @param ranges one for each of resourceKinds, in the same order
 */
export async function observeResources(
  ranges: readonly (readonly StoredKey[])[],
): Promise<Pick<Observed, 'resources' | 'taken'>> {
  const resources: ObservedResource[] = [];
  const taken: TakenName[] = [];
  const budget = new ReadingBudget();
  for (const [index, kind] of resourceKinds.entries()) {
    const add = (stored: StoredKey, raw: RawObject | undefined): void => {
      const name = stored.key.slice(kindPrefix(kind).length);
      const observed = observeKey(kind, name, stored, raw);
      if ('taken' in observed) taken.push(observed.taken);
      else {
        budget.take(weightOf(observed.resource.resource, jsonBounds.object.maxValues).bytes);
        resources.push(observed.resource);
      }
    };
    await inTurns(ranges[index] ?? [], (stored) => {
      return whenParsed(stored.value, (raw) => add(stored, raw));
    });
  }
  return { resources, ...(taken.length > 0 && { taken }) };
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

export async function readBlocks(client: EtcdClient): Promise<readonly IpamBlock[]> {
  const { ranges } = await client.read([{ prefix: blocksPrefix }], { mostBytes: passingReading });
  return flatMapInTurns(ranges.flat(), readBlock);
}

export async function readPoolUsage(
  client: EtcdClient,
  cidrs: readonly string[],
): Promise<readonly PoolUsage[]> {
  if (cidrs.length === 0) return [];
  const { ranges } = await client.read([{ prefix: blocksPrefix }], { mostBytes: passingReading });
  return poolUsageOf(cidrs, await flatMapInTurns(ranges.flat(), readBlockUse));
}
