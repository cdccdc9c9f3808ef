/**
 * Creates 100 BGPPeers, changes them and leaves them as they are: the driver's apply beside the
 * bare transaction of our etcd client with the same values, and beside 100 single puts, all in one
 * run, alternating. It also measures the driver's memory.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createCalicoEtcd } from '../../agent/adapters/calico-etcd/driver.ts';
import type { ConnectedDatastore } from '../../agent/ports/datastore/connected-datastore.ts';
import type { Change } from '../../core/plan/plan.ts';
import type { ObservedResource } from '../../core/observe/observed.ts';
import type { BGPPeer } from '../../core/calico/resource.ts';
import { createEtcdClient, type EtcdClient } from '../../runtime/etcd/etcd-client.ts';
import { noRevision, type StoredKey } from '../../runtime/etcd/keys.ts';
import { startEtcd, type RunningEtcd } from '../../test/support/servers/etcd.ts';
import { median } from '../measure.ts';

const count = 100;
const rounds = 15;
const prefix = '/calico/resources/v3/projectcalico.org/bgppeers/';
const scope = { kind: 'cluster' } as const;
const revision = { lineage: 'local:bench', number: 1, digest: `sha256:${'0'.repeat(64)}` };

interface Times {
  readonly driver: number[];
  readonly bare: number[];
  readonly single: number[];
}

export async function benchEtcd(): Promise<void> {
  if (spawnSync('etcd', ['--version'], { stdio: 'ignore' }).error !== undefined) {
    console.log('etcd: skipped, this machine lacks the program etcd');
    return;
  }
  for (const isDurable of [true, false]) {
    const etcd = await startEtcd({ isDurable });
    try {
      await compare(etcd, isDurable ? 'with fsync, as it is run' : 'without fsync');
      if (isDurable) await compareMemory(etcd);
    } finally {
      await etcd.stop();
    }
  }
}

async function compare(etcd: RunningEtcd, how: string): Promise<void> {
  const agent = createCalicoEtcd(
    { driver: 'etcd', endpoints: [etcd.endpoint] },
    { node: () => 'bench', clock: { now: () => new Date().toISOString() }, environment: {} },
  );
  const bare = bareClient(etcd);
  const created: Times = { driver: [], bare: [], single: [] };
  const changed: Times = { driver: [], bare: [], single: [] };
  const unchanged: Times = { driver: [], bare: [], single: [] };
  // The first round does not count, because V8 compiles and connections are made.
  for (let round = 0; round <= rounds; round += 1) {
    const isCounted = round > 0;
    const add = (list: number[], ms: number): unknown => isCounted && list.push(ms);
    add(created.driver, await time(await creating(agent)));
    const values = await readAll(bare);
    add(changed.driver, await time(await changing(agent, 65_100 + round)));
    add(unchanged.driver, await time(await changing(agent, 65_100 + round)));
    await removeAll(bare);
    // The same as before the driver's turn, so that both begin with the same caches and the same
    // garbage.
    await agent.datastore.observe('bench');
    add(created.bare, await time(() => putTogether(bare, values, noRevision)));
    const written = await readAll(bare);
    await agent.datastore.observe('bench');
    add(changed.bare, await time(() => putTogether(bare, written)));
    await removeAll(bare);
    add(created.single, await time(() => putOneByOne(bare, values)));
    add(changed.single, await time(() => putOneByOne(bare, values)));
    await removeAll(bare);
  }
  await agent.writerLease.release();
  await agent.datastore.close();
  bare.close();
  console.log(
    `etcd, ${how}: ${String(count)} BGPPeers in a step; ms, medians of ${String(rounds)}`,
  );
  console.log(
    '              driver    bare transaction   single puts   driver : bare (goal ≤ 1.5)',
  );
  line('created', created);
  line('changed', changed);
  line('unchanged', unchanged);
}

function line(name: string, { driver, bare, single }: Times): void {
  const cell = (list: readonly number[], width: number): string =>
    (list.length === 0 ? '-' : median(list).toFixed(1)).padStart(width);
  const ratio = bare.length === 0 ? '-' : (median(driver) / median(bare)).toFixed(2);
  console.log(
    `  ${name.padEnd(10)}${cell(driver, 8)}${cell(bare, 20)}${cell(single, 14)}${ratio.padStart(16)}`,
  );
}

async function time(run: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

function peerOf(index: number, asNumber: number): BGPPeer {
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'BGPPeer',
    metadata: { name: `rack-${String(index)}` },
    spec: { nodeSelector: 'all()', peerIP: `10.0.0.${String(index)}`, asNumber },
  };
}

/** Reads first, without counting it: the agent does so for its plan. */
async function creating(agent: ConnectedDatastore): Promise<() => Promise<void>> {
  await agent.datastore.observe('bench');
  const changes = Array.from({ length: count }, (_, index): Change => {
    return { action: 'create', scope, resource: peerOf(index, 65_001), fields: [] };
  });
  return () => apply(agent, changes);
}

async function changing(agent: ConnectedDatastore, asNumber: number): Promise<() => Promise<void>> {
  const { resources } = await agent.datastore.observe('bench');
  const changes = resources.map(({ resource, version }: ObservedResource, index): Change => {
    const wanted = { ...peerOf(index, asNumber), metadata: { name: resource.metadata.name } };
    const known = version === undefined ? {} : { version };
    return { action: 'update', scope, before: resource, resource: wanted, fields: [], ...known };
  });
  return () => apply(agent, changes);
}

async function apply(agent: ConnectedDatastore, changes: readonly Change[]): Promise<void> {
  const step = { title: 'bench', why: 'bench', gates: [], changes };
  const fence = await fenceOf(agent);
  await agent.datastore.apply(step, revision, fence);
}

const fences = new WeakMap<ConnectedDatastore, Awaited<ReturnType<typeof claim>>>();

async function fenceOf(agent: ConnectedDatastore): ReturnType<typeof claim> {
  const known = fences.get(agent) ?? (await claim(agent));
  fences.set(agent, known);
  return known;
}

async function claim({
  writerLease: clusterScope,
}: ConnectedDatastore): Promise<{ readonly term: string }> {
  const claimed = await clusterScope.claim();
  if (claimed.held) return claimed.fence;
  throw new Error('the writer lease is not free');
}

export function bareClient(etcd: RunningEtcd): EtcdClient {
  return createEtcdClient(() => Promise.resolve({ endpoints: [etcd.endpoint], timeoutMs: 10_000 }));
}

async function readAll(bare: EtcdClient): Promise<readonly StoredKey[]> {
  return (await bare.read([{ prefix }])).ranges.flat();
}

async function removeAll(bare: EtcdClient): Promise<void> {
  const writes = (await readAll(bare)).map(({ key }) => ({ remove: key }));
  await bare.commit({ compares: [], writes, otherwise: [] });
}

/**
 * The compares that a careful writer needs.
 * @param sameRevision of every key; absent: its own
 */
async function putTogether(
  bare: EtcdClient,
  values: readonly StoredKey[],
  sameRevision?: string,
): Promise<void> {
  const outcome = await bare.commit({
    compares: values.map(({ key, modified }) => ({ key, modified: sameRevision ?? modified })),
    writes: values.map(({ key, value }) => ({ put: key, value })),
    otherwise: [],
  });
  if (!outcome.done) throw new Error('the bare transaction was refused');
}

async function putOneByOne(bare: EtcdClient, values: readonly StoredKey[]): Promise<void> {
  for (const { key, value } of values)
    await bare.commit({ compares: [], writes: [{ put: key, value }], otherwise: [] });
}

/** Resident memory of a process that has the driver connected and watching, and of one without. */
async function compareMemory(etcd: RunningEtcd): Promise<void> {
  const program = fileURLToPath(new URL('etcd-memory.child.ts', import.meta.url));
  const without: number[] = [];
  const connected: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    without.push(await memoryOf([program]));
    connected.push(await memoryOf([program, etcd.endpoint]));
  }
  const [less, more] = [median(without), median(connected)];
  const costs = (more - less).toFixed(1);
  console.log(
    `  memory of a process: ${less.toFixed(1)} MB, with the driver connected ${more.toFixed(1)} MB: ${costs} MB`,
  );
}

async function memoryOf(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'exit');
  return Number(text) / 2 ** 20;
}
