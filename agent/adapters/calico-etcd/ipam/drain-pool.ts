/**
 * Prepares the deletion of a pool as Calico does: disables it, so that no pod gets an address of it
 * any more, lets running allocations end, and releases its blocks. Empty blocks are deleted; those
 * with addresses in use stay, without a node. Empty blocks that stayed would overlap those of a
 * later pool with another block size. Source: libcalico-go/lib/clientv3/ippool.go, Delete, and
 * libcalico-go/lib/ipam/ipam_block_reader_writer.go, releaseBlockAffinity.
 */
import { jsonBounds } from '../../../../core/input/bounds.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { contains, parseNetwork } from '../../../../core/config/net/address.ts';
import type { Network } from '../../../../core/config/model.ts';
import { drainingAnnotation } from '../../../../core/plan/pools/draining-pool.ts';
import type { Change } from '../../../../core/plan/plan.ts';
import { isEmptyBlock } from '../../../../core/survey/ipam-block.ts';
import type { IPPool } from '../../../../core/calico/resource.ts';
import { AppError } from '../../../../runtime/errors.ts';
import type { EtcdClient } from '../../../../runtime/etcd/etcd-client.ts';
import type { Compare, StoredKey, Write } from '../../../../runtime/etcd/keys.ts';
import { parseBlock } from './ipam-block.ts';
import { blocksPrefix, hostsPrefix, keyOf } from '../keys.ts';
import { parseValue, recordAt, type RawObject } from '../objects/stored-object.ts';
import { flatMapInTurns } from '../../../../runtime/pacing/in-turns.ts';
import { passingReading, ReadingBudget } from '../../../../runtime/pacing/reading-budget.ts';

type Deletion = Extract<Change, { readonly action: 'delete' }>;
export type PoolDeletion = Deletion & { readonly before: IPPool };

export interface DrainOptions {
  readonly client: EtcdClient;
  /** Compares of each transaction: this agent still holds the writer lease. */
  readonly guard: readonly Compare[];
  readonly pauseMs?: number;
}

/** Running allocations end within this time, as Calico assumes too. */
const usualPauseMs = 500;
/** Each block needs several of the 128 compares and writes of a transaction. */
const blocksAtOnce = 15;

export function isPoolDeletion(change: Change): change is PoolDeletion {
  return change.action === 'delete' && change.before.kind === 'IPPool';
}

/**
 * @returns the write that deletes the pool in its new version. @throws AppError datastore-conflict,
 * writer-lease-lost
 */
export async function drainPool(
  options: DrainOptions,
  deletion: PoolDeletion,
): Promise<PoolDeletion> {
  const version = await disable(options, deletion);
  if (version !== deletion.version) await sleep(options.pauseMs ?? usualPauseMs);
  const parsed = parseNetwork(deletion.before.spec.cidr);
  if (parsed.ok) await releaseBlocks(options, deletion.name, parsed.value.network);
  return version === undefined ? deletion : { ...deletion, version };
}

/** Disables the pool and returns its new version; undefined: the pool is gone already. */
async function disable(
  { client, guard }: DrainOptions,
  { name, version }: PoolDeletion,
): Promise<string | undefined> {
  const key = keyOf('IPPool', name);
  const { ranges } = await client.read([{ key }]);
  const stored = ranges[0]?.[0];
  const raw = stored && parseValue(stored.value);
  if (stored === undefined || raw === undefined) return undefined;
  if (version !== undefined && version !== stored.modified) throw changed(name);
  const spec = recordAt(raw, 'spec');
  if (spec['disabled'] === true) return stored.modified;
  const metadata = recordAt(raw, 'metadata');
  const annotations = { ...recordAt(metadata, 'annotations'), [drainingAnnotation]: 'true' };
  const disabled = {
    ...raw,
    metadata: { ...metadata, annotations },
    spec: { ...spec, disabled: true },
  };
  const outcome = await client.commit({
    compares: [...guard, { key, modified: stored.modified }],
    writes: [{ put: key, value: JSON.stringify(disabled) }],
    otherwise: [],
  });
  if (!outcome.done) throw changed(name);
  return outcome.revision;
}

async function releaseBlocks(
  { client, guard }: DrainOptions,
  pool: string,
  network: Network,
): Promise<void> {
  const { ranges } = await client.read([{ prefix: blocksPrefix }, { prefix: hostsPrefix }], {
    budget: new ReadingBudget(passingReading),
  });
  const [blocks = [], claims = []] = ranges;
  const within = await flatMapInTurns(blocks, (one) => (isWithin(one, network) ? [one] : []));
  for (let first = 0; first < within.length; first += blocksAtOnce) {
    const some = within.slice(first, first + blocksAtOnce).map((one) => released(one, claims));
    const outcome = await client.commit({
      compares: [...guard, ...some.flatMap(({ compares }) => compares)],
      writes: some.flatMap(({ writes }) => writes),
      otherwise: [],
    });
    if (!outcome.done) throw changed(pool);
  }
}

function isWithin(stored: StoredKey, network: Network): boolean {
  const block = parseBlock(stored);
  const parsed = block && parseNetwork(block.cidr);
  return parsed?.ok === true && contains(network, parsed.value.network);
}

function released(
  block: StoredKey,
  claims: readonly StoredKey[],
): { readonly compares: readonly Compare[]; readonly writes: readonly Write[] } {
  const place = `/${block.key.slice(blocksPrefix.length)}`;
  const own = claims.filter(({ key }) => key.endsWith(place));
  return {
    compares: [
      { key: block.key, modified: block.modified },
      ...own.map(({ key, modified }) => ({ key, modified })),
    ],
    writes: [blockWrite(block), ...own.map(({ key }) => ({ remove: key }))],
  };
}

function blockWrite({ key, value }: StoredKey): Write {
  const raw: RawObject = parseValue(value, jsonBounds.block) ?? {};
  if (isEmptyBlock(raw)) return { remove: key };
  const { affinity: _affinity, hostAffinity: _host, ...kept } = raw;
  return { put: key, value: JSON.stringify(kept) };
}

function changed(pool: string): AppError {
  const message = `cannot delete IPPool "${pool}": it, its blocks or the holder of the writer lease were changed meanwhile`;
  return new AppError('datastore-conflict', message, { retryable: true });
}
