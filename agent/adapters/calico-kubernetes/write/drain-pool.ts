/**
 * Prepares the deletion of a pool as Calico does: disables it, so that no pod gets an address of it
 * any more, lets running allocations end, and releases its blocks and the nodes' claims to them.
 * Blocks with addresses in use stay, without a node. Sources: libcalico-go/lib/clientv3/ippool.go,
 * Delete, and libcalico-go/lib/ipam/ipam_block_reader_writer.go, releaseBlockAffinity.
 */
import { pathPart } from '../../../../core/input/path-part.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { contains, parseNetwork } from '../../../../core/config/net/address.ts';
import type { Network } from '../../../../core/config/model.ts';
import { textAt, valueAt } from '../../../../core/input/plain-data.ts';
import { drainingAnnotation } from '../../../../core/plan/pools/draining-pool.ts';
import { isEmptyBlock } from '../../../../core/survey/ipam-block.ts';
import { printable } from '../../../../core/printable.ts';
import type { IPPool } from '../../../../core/calico/resource.ts';
import { ApiRefusal } from '../../../../runtime/kubernetes/api-refusal.ts';
import { fieldManager } from '../objects/managed-fields.ts';
import { changedMeanwhile } from './refusal.ts';
import type { WriteContext } from './write-context.ts';

export interface PoolToDrain {
  readonly pool: IPPool;
  /** The version that the plan observed; undefined: any. */
  readonly version: string | undefined;
}

/** Running allocations end within this time, as Calico assumes too. */
const pauseMs = 500;

/** @returns the pool's new version; undefined: it is gone. @throws AppError datastore-conflict */
export async function drainPool(
  context: WriteContext,
  { pool, version }: PoolToDrain,
): Promise<string | undefined> {
  const disabled = await disable(context, pool, version);
  if (disabled === undefined) return undefined;
  const parsed = parseNetwork(pool.spec.cidr);
  if (parsed.ok) await releaseWithin(context, parsed.value.network);
  return disabled;
}

async function disable(
  { client, api, allowance }: WriteContext,
  { kind, metadata }: IPPool,
  version: string | undefined,
): Promise<string | undefined> {
  const what = `disable IPPool "${printable(metadata.name)}"`;
  const path = api.path(kind, metadata.name);
  const stored = await client.find(what, path);
  if (stored === undefined) return undefined;
  const resourceVersion = textAt(stored, 'metadata', 'resourceVersion') ?? '';
  if (version !== undefined && version !== resourceVersion) throw changedMeanwhile(what);
  if (valueAt(stored, 'spec', 'disabled') === true) return resourceVersion;
  const annotations = { [drainingAnnotation]: 'true' };
  const { data } = await client.send({
    what,
    method: 'PATCH',
    path,
    query: { fieldManager },
    contentType: 'application/merge-patch+json',
    body: { metadata: { resourceVersion, annotations }, spec: { disabled: true } },
    ...(await allowance()),
  });
  await sleep(pauseMs);
  return textAt(data, 'metadata', 'resourceVersion');
}

/** Without the rights for this the blocks stay; the plan has warned of it. */
async function releaseWithin(context: WriteContext, network: Network): Promise<void> {
  const { blocksPath, affinitiesPath } = context.api;
  if (blocksPath === undefined || affinitiesPath === undefined) return;
  try {
    const { client } = context;
    const keep = (item: unknown): unknown => (isWithin(item, network) ? item : undefined);
    const [blocks, affinities] = await Promise.all([
      client.list('list IPAMBlocks', blocksPath, keep),
      client.list('list BlockAffinities', affinitiesPath, keep),
    ]);
    const claims = affinities.items;
    for (const claim of claims) {
      await patch(context, affinitiesPath, claim, { state: 'pendingDeletion' });
    }
    for (const block of blocks.items) await releaseBlock(context, blocksPath, block);
    for (const claim of claims) await remove(context, affinitiesPath, claim);
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.status !== 403) throw error;
  }
}

function isWithin(item: unknown, network: Network): boolean {
  const parsed = parseNetwork(textAt(item, 'spec', 'cidr') ?? '');
  return parsed.ok && contains(network, parsed.value.network);
}

async function releaseBlock(context: WriteContext, path: string, block: unknown): Promise<void> {
  if (isEmptyBlock(valueAt(block, 'spec'))) await remove(context, path, block);
  else if (textAt(block, 'spec', 'affinity') !== undefined)
    await patch(context, path, block, { affinity: null });
}

async function patch(
  { client, allowance }: WriteContext,
  path: string,
  item: unknown,
  spec: object,
): Promise<void> {
  const name = nameOf(item);
  const what = `release "${printable(name)}"`;
  const resourceVersion = textAt(item, 'metadata', 'resourceVersion');
  await unlessChanged(what, async () =>
    client.send({
      what,
      method: 'PATCH',
      path: `${path}/${pathPart(name)}`,
      query: { fieldManager },
      contentType: 'application/merge-patch+json',
      body: { metadata: { resourceVersion }, spec },
      ...(await allowance()),
    }),
  );
}

/** Compares a claim by its uid, because our own mark has changed its version. */
async function remove(
  { client, allowance }: WriteContext,
  path: string,
  item: unknown,
): Promise<void> {
  const name = nameOf(item);
  const what = `release "${printable(name)}"`;
  const uid = textAt(item, 'metadata', 'uid');
  const isClaim = textAt(item, 'spec', 'state') !== undefined;
  const resourceVersion = isClaim ? undefined : textAt(item, 'metadata', 'resourceVersion');
  const preconditions = { uid, ...(resourceVersion !== undefined && { resourceVersion }) };
  await unlessChanged(what, async () =>
    client.send({
      what,
      method: 'DELETE',
      path: `${path}/${pathPart(name)}`,
      body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions },
      ...(await allowance()),
    }),
  );
}

/**
 * An object that is gone already counts as success. @throws AppError datastore-conflict where
 * somebody changed it
 */
async function unlessChanged(what: string, send: () => Promise<unknown>): Promise<void> {
  try {
    await send();
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    if (error.status === 409) throw changedMeanwhile(what);
    if (error.status !== 404) throw error;
  }
}

function nameOf(item: unknown): string {
  return textAt(item, 'metadata', 'name') ?? '';
}
