/**
 * A pass of the agent without changes, in a cluster of 5,000 nodes with two BGPPeers of their own
 * each: its reads, its writes and its CPU time, beside the bare reading of the same keys by our
 * etcd client.
 */
import { spawnSync } from 'node:child_process';
import { createCalicoEtcd } from '../../agent/adapters/calico-etcd/driver.ts';
import type { ConnectedDatastore } from '../../agent/ports/datastore/connected-datastore.ts';
import type { Step } from '../../core/plan/plan.ts';
import { planChanges } from '../../core/plan/plan-changes.ts';
import type { Desired } from '../../core/render/desired.ts';
import { render } from '../../core/render/render.ts';
import type { EtcdClient } from '../../runtime/etcd/etcd-client.ts';
import { startEtcd, type RunningEtcd } from '../../test/support/servers/etcd.ts';
import { charm, node, resolveAll } from '../../test/support/samples/models.ts';
import { bareClient } from '../datastores/etcd.ts';
import { median } from '../measure.ts';

const nodes = 5000;
const rounds = 9;
const prefix = '/calico/resources/v3/projectcalico.org/';
const revision = { lineage: 'local:bench', number: 1, digest: `sha256:${'0'.repeat(64)}` };

interface Cost {
  readonly ms: number[];
  readonly cpuMs: number[];
}

export async function benchReconcile(): Promise<void> {
  if (spawnSync('etcd', ['--version'], { stdio: 'ignore' }).error !== undefined) {
    console.log('reconcile: skipped, this machine lacks the program etcd');
    return;
  }
  const etcd = await startEtcd();
  try {
    await compare(etcd);
  } finally {
    await etcd.stop();
  }
}

async function compare(etcd: RunningEtcd): Promise<void> {
  const agent = createCalicoEtcd(
    { driver: 'etcd', endpoints: [etcd.endpoint] },
    { node: () => 'node-0', clock: { now: () => new Date().toISOString() }, environment: {} },
  );
  const bare = bareClient(etcd);
  const desired = await fill(agent, bare);
  const before = await revisionOf(bare);
  const [pass, read]: [Cost, Cost] = [
    { ms: [], cpuMs: [] },
    { ms: [], cpuMs: [] },
  ];
  for (let round = 0; round <= rounds; round += 1) {
    await measure(round, pass, async () => {
      const plan = planChanges(desired, await agent.datastore.observe('node-0'));
      if (plan.steps.length > 0) throw new Error('there is something to do');
    });
    await measure(round, read, async () => {
      await bare.read([
        ...['bgppeers', 'bgpconfigurations', 'ippools'].map((kind) => ({
          prefix: `${prefix}${kind}/`,
        })),
        { key: `${prefix}nodes/node-0` },
      ]);
    });
  }
  const written = (await revisionOf(bare)) - before;
  await agent.writerLease.release();
  await agent.datastore.close();
  bare.close();
  console.log(
    `reconcile: a pass with nothing to do, ${String(nodes)} nodes with 2 BGPPeers each; medians of ${String(rounds)}`,
  );
  console.log('                    ms   CPU ms');
  line('pass', pass);
  line('bare read', read);
  console.log(
    `  pass : bare = ${(median(pass.cpuMs) / median(read.cpuMs)).toFixed(2)} CPU; writes: ${String(written)}`,
  );
}

/** In the form that 5,000 agents write, in the charm's way: one object per node and peer. */
async function fill(agent: ConnectedDatastore, bare: EtcdClient): Promise<Desired> {
  const model = charm({
    'global-bgp-peers':
      '[{address: 10.255.0.1, as-number: 65001}, {address: 10.255.0.2, as-number: 65002}]',
  });
  const facts = Array.from({ length: nodes }, (_, index) =>
    node({
      name: `node-${String(index)}`,
      addresses: [`10.${String(index >> 8)}.${String(index & 255)}.1/24`],
    }),
  );
  const resolutions = resolveAll(model, facts);
  const whole = render(model, resolutions, { peering: 'per-node', cluster: true });
  const claim = await agent.writerLease.claim();
  if (!claim.held) throw new Error('the scope of a new etcd is taken');
  const fence = await agent.writerLease.record(revision, claim.fence);
  const changes = whole.resources.map(({ resource, scope }) => ({
    action: 'create' as const,
    scope,
    resource,
    fields: [],
  }));
  for (let first = 0; first < changes.length; first += 100) {
    const step: Step = {
      title: '',
      why: '',
      gates: [],
      changes: changes.slice(first, first + 100),
    };
    await agent.datastore.apply(step, revision, fence);
  }
  for (const { node: name } of resolutions) {
    const metadata = { name, uid: name, creationTimestamp: '2026-01-01T00:00:00Z' };
    const value = {
      kind: 'Node',
      apiVersion: 'projectcalico.org/v3',
      metadata,
      spec: { bgp: { ipv4Address: '10.0.0.1/24' } },
    };
    const put = `${prefix}nodes/${name}`;
    const writes = [{ put, value: JSON.stringify(value) }];
    await bare.commit({ compares: [], writes, otherwise: [] });
  }
  return render(model, resolutions.slice(0, 1), { peering: 'per-node', cluster: true });
}

async function measure(round: number, cost: Cost, work: () => Promise<void>): Promise<void> {
  const began = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  // The first round does not count, because V8 compiles.
  if (round === 0) return;
  cost.ms.push(performance.now() - began);
  cost.cpuMs.push((user + system) / 1000);
}

async function revisionOf(bare: EtcdClient): Promise<number> {
  const { revision: now } = await bare.read([{ prefix: '/nothing/' }]);
  return Number(now);
}

function line(name: string, { ms, cpuMs }: Cost): void {
  const cell = (values: readonly number[]): string => median(values).toFixed(0).padStart(8);
  console.log(`  ${name.padEnd(12)}${cell(ms)} ${cell(cpuMs)}`);
}
