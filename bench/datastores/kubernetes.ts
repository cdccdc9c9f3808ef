/**
 * 100 BGPPeers created, changed and unchanged: our driver beside the same patches by bare undici
 * over kept connections with the same concurrency, beside `kubectl apply --server-side -f FOLDER`,
 * and beside `kubectl apply` once per resource. In turns, on one API server.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Pool } from 'undici';
import { createCalicoKubernetes } from '../../agent/adapters/calico-kubernetes/driver.ts';
import type { ConnectedDatastore } from '../../agent/ports/datastore/connected-datastore.ts';
import { textAt } from '../../core/input/plain-data.ts';
import type { Change, Step } from '../../core/plan/plan.ts';
import type { BGPPeer } from '../../core/calico/resource.ts';
import { stamped } from '../../core/render/ownership.ts';
import { createKubernetesClient, type KubernetesClient } from '../../runtime/kubernetes/client.ts';
import { median } from '../measure.ts';
import { wholeItem } from '../../runtime/kubernetes/list-objects.ts';

const count = 100;
const concurrency = 16;
const rounds = 7;
const folderRounds = 3;
const scope = { kind: 'cluster' } as const;
const revision = { lineage: 'bench', number: 1, digest: `sha256:${'0'.repeat(64)}` };
const run = promisify(execFile);

type Phase = 'created' | 'changed' | 'unchanged';
const phases: readonly Phase[] = ['created', 'changed', 'unchanged'];

interface Contestant {
  readonly name: string;
  readonly rounds: number;
  /** The objects that must exist before; their own creation is not measured. */
  prepare(phase: Phase, peers: readonly BGPPeer[]): Promise<() => Promise<void>>;
}

interface Bench {
  readonly client: KubernetesClient;
  readonly agent: ConnectedDatastore;
  readonly group: string;
  readonly kubeconfig: string;
  readonly folder: string;
}

export async function benchKubernetes(): Promise<void> {
  const [kubeconfig] = (process.env['KUBECONFIG_FOR_TESTS'] ?? '').split(path.delimiter);
  if (kubeconfig === undefined || kubeconfig === '') {
    console.log('Kubernetes: left out, KUBECONFIG_FOR_TESTS names no API server');
    return;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-kubernetes-'));
  const bench = await open(kubeconfig, folder);
  try {
    await compare(bench);
  } finally {
    await empty(bench);
    await bench.agent.writerLease.release();
    await bench.agent.datastore.close();
    await bench.client.close();
    await rm(folder, { recursive: true });
  }
}

async function open(kubeconfig: string, folder: string): Promise<Bench> {
  const client = createKubernetesClient(
    { kubeconfig, concurrency, timeoutMs: 10_000 },
    { environment: {}, root: '/' },
  );
  const v1 = await client.find('look', '/apis/crd.projectcalico.org/v1');
  const agent = createCalicoKubernetes(
    { driver: 'kubernetes', kubeconfig, concurrency },
    { node: () => 'bench', clock: { now: () => new Date().toISOString() }, environment: {} },
  );
  const group = v1 === undefined ? 'projectcalico.org/v3' : 'crd.projectcalico.org/v1';
  return { client, agent, group, kubeconfig, folder };
}

async function compare(bench: Bench): Promise<void> {
  const contestants = [ours(bench), await bare(bench), folderApply(bench), eachApply(bench)];
  const times = new Map<string, number[]>();
  const note = (name: string, phase: string, ms: number): void => {
    const key = `${name} ${phase}`;
    times.set(key, [...(times.get(key) ?? []), ms]);
  };
  const preflights: number[] = [];
  const observations: number[] = [];
  for (let round = -1; round < rounds; round += 1) {
    for (const { name, rounds: most, prepare } of contestants) {
      // The first round warms everything up, so the order does not matter.
      if (round >= most || (round < 0 && most < rounds)) continue;
      await empty(bench);
      for (const phase of phases) {
        const peers = peersOf(phase);
        const ms = await timed(await prepare(phase, peers));
        if (round >= 0) note(name, phase, ms);
      }
    }
    if (round < 0) continue;
    const { datastore } = bench.agent;
    observations.push(await timed(() => datastore.observe('bench')));
    await empty(bench);
    const steps = [await stepOf(bench, 'created', peersOf('created'))];
    preflights.push(await timed(() => datastore.preflight(steps, revision)));
  }
  print(contestants, times);
  const own = median(times.get('calico-agent created') ?? []);
  const preflight = median(preflights);
  console.log(
    `  preflight of the 100 beforehand, as dry runs: ${preflight.toFixed(0)} ms more (${(preflight / own).toFixed(2)} × creating them)`,
  );
  console.log(
    `  an unchanged cluster is one list per kind and no write: ${median(observations).toFixed(0)} ms`,
  );
}

function print(
  contestants: readonly Contestant[],
  times: ReadonlyMap<string, readonly number[]>,
): void {
  console.log(
    `Kubernetes: ${String(count)} BGPPeers, ${String(concurrency)} at a time; ms, medians`,
  );
  console.log(`  ${''.padEnd(34)}${phases.map((phase) => phase.padStart(12)).join('')}`);
  const of = (name: string, phase: Phase): number => median(times.get(`${name} ${phase}`) ?? []);
  for (const { name, rounds: most } of contestants) {
    const cells = phases.map((phase) => of(name, phase).toFixed(0).padStart(12)).join('');
    console.log(`  ${`${name} (${String(most)} rounds)`.padEnd(34)}${cells}`);
  }
  const [agent, plain, folder] = contestants.map(({ name }) => name);
  if (agent === undefined || plain === undefined || folder === undefined) return;
  const ratio = (over: string, under: string): string =>
    phases.map((phase) => (of(over, phase) / of(under, phase)).toFixed(2).padStart(12)).join('');
  console.log(`  ${'agent / bare (goal ≤ 1.3)'.padEnd(34)}${ratio(agent, plain)}`);
  console.log(`  ${'folder apply / agent (goal ≥ 20)'.padEnd(34)}${ratio(folder, agent)}`);
}

function ours(bench: Bench): Contestant {
  const { agent } = bench;
  return {
    name: 'calico-agent',
    rounds,
    prepare: async (phase, peers) => {
      const claim = await agent.writerLease.claim();
      if (!claim.held) throw new Error(`${claim.holder} holds the writer lease`);
      const step = await stepOf(bench, phase, peers);
      return () => agent.datastore.apply(step, revision, claim.fence);
    },
  };
}

async function stepOf({ agent }: Bench, phase: Phase, peers: readonly BGPPeer[]): Promise<Step> {
  if (phase === 'created') {
    const changes = peers.map((resource): Change => ({
      action: 'create',
      scope,
      resource,
      fields: [],
    }));
    return { title: phase, why: 'a benchmark', gates: [], changes };
  }
  const { resources } = await agent.datastore.observe('bench');
  const found = new Map(resources.map((one) => [one.resource.metadata.name, one]));
  const changes = peers.map((resource): Change => {
    const { resource: before, version = '' } = found.get(resource.metadata.name) ?? {
      resource,
    };
    return { action: 'update', scope, before, version, resource, fields: [] };
  });
  return { title: phase, why: 'a benchmark', gates: [], changes };
}

/** The floor: only the requests. */
async function bare({ client, group }: Bench): Promise<Contestant> {
  const { access } = await client.access();
  const pool = new Pool(access.server, {
    connections: concurrency,
    ...(access.ca !== undefined && { connect: { ca: access.ca } }),
  });
  const authorization = `Bearer ${access.identity.token ?? ''}`;
  return {
    name: 'bare undici patches',
    rounds,
    prepare: (_phase, peers) =>
      Promise.resolve(async () => {
        const rest = peers.values();
        const worker = async (): Promise<void> => {
          for (const peer of rest) {
            const { statusCode, body } = await pool.request({
              method: 'PATCH',
              path: `/apis/${group}/bgppeers/${peer.metadata.name}?fieldManager=calico-agent&force=true`,
              headers: { authorization, 'content-type': 'application/apply-patch+yaml' },
              body: JSON.stringify(documentOf(peer, group)),
            });
            await body.dump();
            if (statusCode > 299) throw new Error(`it answers ${String(statusCode)}`);
          }
        };
        await Promise.all(Array.from({ length: concurrency }, worker));
      }),
  };
}

function folderApply(bench: Bench): Contestant {
  return {
    name: 'kubectl apply --server-side -f',
    rounds: folderRounds,
    prepare: async (phase, peers) => {
      const folder = await writeFolder(bench, `all-${phase}`, peers);
      const args = ['apply', '--server-side', '--field-manager=calico-agent', '-f', folder];
      return async () => void (await run('kubectl', ['--kubeconfig', bench.kubeconfig, ...args]));
    },
  };
}

function eachApply(bench: Bench): Contestant {
  return {
    name: 'kubectl apply per resource',
    rounds: 1,
    prepare: async (phase, peers) => {
      const folder = await writeFolder(bench, `each-${phase}`, peers);
      return async () => {
        for (const { metadata } of peers) {
          const file = path.join(folder, `${metadata.name}.json`);
          await run('kubectl', ['--kubeconfig', bench.kubeconfig, 'apply', '-f', file]);
        }
      };
    },
  };
}

async function writeFolder(
  { folder, group }: Bench,
  name: string,
  peers: readonly BGPPeer[],
): Promise<string> {
  const whole = path.join(folder, name);
  await mkdir(whole, { recursive: true });
  for (const peer of peers) {
    const file = path.join(whole, `${peer.metadata.name}.json`);
    await writeFile(file, JSON.stringify(documentOf(peer, group)));
  }
  return whole;
}

function documentOf(peer: BGPPeer, apiVersion: string): object {
  return { ...stamped(peer, scope, revision), apiVersion };
}

function peersOf(phase: Phase): readonly BGPPeer[] {
  const asNumber = phase === 'created' ? 65001 : 65002;
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: 'projectcalico.org/v3',
    kind: 'BGPPeer',
    metadata: { name: `bench-${String(index)}` },
    spec: { nodeSelector: 'all()', peerIP: `10.0.0.${String(index)}`, asNumber },
  }));
}

async function empty({ client, group }: Bench): Promise<void> {
  const collection = `/apis/${group}/bgppeers`;
  const { items } = await client.list('list', collection, wholeItem);
  const names = items.map((item) => textAt(item, 'metadata', 'name') ?? '');
  await Promise.all(
    names.map((name) =>
      client.send({ what: 'delete', method: 'DELETE', path: `${collection}/${name}` }),
    ),
  );
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
