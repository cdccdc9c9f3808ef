/**
 * A cluster's network in namespaces: nodes with real BIRDs, the built agents, an etcd that they
 * reach without BGP, top-of-rack routers, and a pod behind each node. Only calico-node's confd is a
 * stand-in (confd-stand-in.ts), and a route to each pod stands for Felix.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../support/eventually.ts';
import { birdFiles, configure, showSessions, startBird } from './bird/bird-process.ts';
import {
  affinityKey,
  blockKey,
  calicoStateOf,
  resourceKey,
  type CalicoDocument,
  type Family,
} from './calico/calico-state.ts';
import { startConfdStandIn, type ConfdStandIn } from './bird/confd-stand-in.ts';
import { startLabAgent, type LabAgent } from './lab-agent.ts';
import { startLabController, type LabController } from './lab-controller.ts';
import { startLabEtcd, type EtcdChange, type LabEtcd } from './lab-etcd.ts';
import { createNamespaces, type Namespaces } from './network/namespaces.ts';
import { startPings, type Pings } from './network/pings.ts';
import { renderRouterFile } from './bird/router-files.ts';
import type { LabNode, Topology } from './network/topology.ts';
import { switchNamespace, wire } from './network/wiring.ts';

export interface Fabric {
  readonly topology: Topology;
  readonly etcd: LabEtcd;
  readonly folder: string;
  /** Writes resources like Calico's own programs, past all agents. */
  writeDirectly(...documents: readonly CalicoDocument[]): Promise<void>;
  removeDirectly(...documents: readonly CalicoDocument[]): Promise<void>;
  /** On every node. */
  startAgents(settings?: Readonly<Record<string, unknown>>): Promise<readonly LabAgent[]>;
  /** Agents need its settings to connect to it. */
  startController(): Promise<LabController>;
  startPings(): Promise<Pings>;
  /** Every BIRD has read its newest file, and every session of it is Established. */
  established(withinMs: number): Promise<void>;
  confd(node: string): ConfdStandIn;
  /**
   * Every process on it ends, and its cables are unplugged. The kernel keeps its state, because it
   * is not a reboot.
   */
  killNode(node: string): Promise<void>;
  /** Its cables are plugged in again, and BIRD, confd and its agent start. */
  reviveNode(node: string): Promise<void>;
  /** Writes the state of each node's kernel and BIRDs beside the node's logs. */
  recordState(): Promise<void>;
  /** Ends everything and removes it, except for the folder when a person wants to read its logs. */
  stop(options?: { readonly keepsLogs: boolean }): Promise<void>;
}

interface RunningNode {
  readonly node: LabNode;
  readonly families: readonly Family[];
  readonly folder: string;
  confd: ConfdStandIn;
}

/** Starts it with the mesh that Calico has by default, and waits until it is Established. */
export async function startFabric(
  topology: Topology,
  documents: readonly CalicoDocument[] = [],
): Promise<Fabric> {
  const folder = await mkdtemp(path.join(tmpdir(), 'calico-lab-'));
  const namespaces = createNamespaces();
  const stop: Fabric['stop'] = async ({ keepsLogs } = { keepsLogs: false }) => {
    await namespaces.removeAll();
    if (!keepsLogs) await rm(folder, { recursive: true, force: true });
  };
  try {
    return await buildFabric(topology, documents, folder, namespaces, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function buildFabric(
  topology: Topology,
  documents: readonly CalicoDocument[],
  folder: string,
  namespaces: Namespaces,
  stop: Fabric['stop'],
): Promise<Fabric> {
  await wire(namespaces, topology);
  const etcd = await startLabEtcd(namespaces, folder);
  await etcd.write([...initialChanges(topology), ...documents.map(changeOf)]);
  const nodes = new Map<string, RunningNode>();
  for (const node of topology.nodes) {
    const own = path.join(folder, node.name);
    await mkdir(own);
    const families = node.addresses.map((address): Family => (address.includes(':') ? 6 : 4));
    const confd = startConfdStandIn(etcd, node.name, own, families);
    nodes.set(node.name, { node, families, folder: own, confd });
  }
  for (const running of nodes.values()) await startBirds(namespaces, running);
  const unfollow = await startRouters(namespaces, topology, etcd, folder);
  const nodeOf = (name: string): RunningNode => {
    const running = nodes.get(name);
    if (running === undefined) throw new Error(`there is no node ${name}`);
    return running;
  };
  const agents = new Map<string, LabAgent>();
  const dead = new Set<string>();
  return {
    topology,
    etcd,
    folder,
    writeDirectly: (...written) => etcd.write(written.map(changeOf)),
    removeDirectly: (...removed) =>
      etcd.write(removed.map((document) => ({ key: keyOf(document), isDeleted: true }))),
    startAgents: async (settings = {}) => {
      for (const { node, folder: own } of nodes.values()) {
        const { endpoint } = etcd;
        const options = { namespaces, node, folder: own, endpoint, settings };
        agents.set(node.name, await startLabAgent(options));
      }
      await eventually(async () => {
        for (const agent of agents.values()) await agent.status();
      }, 60_000);
      return [...agents.values()];
    },
    startController: () => startLabController(namespaces, folder),
    startPings: () => startPings(namespaces, topology.nodes),
    established: (withinMs) =>
      eventually(async () => {
        for (const running of nodes.values())
          if (!dead.has(running.node.name)) await assertEstablished(running);
      }, withinMs),
    confd: (name) => nodeOf(name).confd,
    killNode: async (name) => {
      dead.add(name);
      nodeOf(name).confd.stop();
      await setCables(namespaces, topology, name, 'down');
      await namespaces.endProcesses(name);
    },
    reviveNode: async (name) => {
      const running = nodeOf(name);
      await setCables(namespaces, topology, name, 'up');
      running.confd = startConfdStandIn(etcd, name, running.folder, running.families);
      await startBirds(namespaces, running);
      dead.delete(name);
      agents.get(name)?.start();
    },
    recordState: async () => {
      for (const running of nodes.values()) await recordState(namespaces, running);
    },
    stop: async (options) => {
      unfollow();
      for (const { confd } of nodes.values()) confd.stop();
      await stop(options);
    },
  };
}

const plurals: Readonly<Record<string, string>> = {
  BGPConfiguration: 'bgpconfigurations',
  BGPPeer: 'bgppeers',
  ClusterInformation: 'clusterinformations',
  IPPool: 'ippools',
  Node: 'nodes',
};

function keyOf({ kind, metadata }: CalicoDocument): string {
  return resourceKey(plurals[kind] ?? '', metadata.name);
}

function changeOf(document: CalicoDocument): EtcdChange {
  const { kind, metadata, spec = {} } = document;
  const uid = 'e3a1f1d2-0a3c-4a51-9f0e-6a1d4e1b7c11';
  const made = { uid, creationTimestamp: '2025-01-02T03:04:05Z' };
  return {
    key: keyOf(document),
    value: {
      kind,
      apiVersion: 'projectcalico.org/v3',
      metadata: { ...made, ...metadata },
      spec,
    },
  };
}

/** The state before any agent came, made by calico-node, the CNI plugin and a person. */
function initialChanges({ nodes, pools }: Topology): readonly EtcdChange[] {
  return [
    changeOf({
      kind: 'ClusterInformation',
      metadata: { name: 'default' },
      spec: { clusterGUID: 'lab', calicoVersion: 'v3.31.0', datastoreReady: true },
    }),
    ...pools.map((cidr, index) =>
      changeOf({
        kind: 'IPPool',
        metadata: { name: `pool-${String(index)}` },
        spec: { cidr, blockSize: cidr.includes(':') ? 122 : 26, nodeSelector: 'all()' },
      }),
    ),
    ...nodes.map(({ name, addresses }) => changeOf(nodeDocument(name, addresses))),
    ...nodes.flatMap(({ name, blocks }) =>
      blocks.flatMap((block) => [
        { key: affinityKey(name, block), value: { state: 'confirmed', deleted: false } },
        { key: blockKey(block), value: blockValue(name, block) },
      ]),
    ),
  ];
}

/** A block of 64 addresses, of which the node's pod has the second. */
function blockValue(node: string, cidr: string): Readonly<Record<string, unknown>> {
  return {
    cidr,
    affinity: `host:${node}`,
    allocations: Array.from({ length: 64 }, (_, index) => (index === 1 ? 0 : null)),
    unallocated: Array.from({ length: 64 }, (_, index) => index).filter((index) => index !== 1),
    attributes: [{ handle_id: node, secondary: { node, pod: `pod-${node}` } }],
    deleted: false,
  };
}

export function nodeDocument(
  name: string,
  addresses: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
): CalicoDocument {
  const named = addresses.map((address) => [
    address.includes(':') ? 'ipv6Address' : 'ipv4Address',
    address,
  ]);
  const labels = { 'kubernetes.io/hostname': name };
  return {
    kind: 'Node',
    metadata: { name, labels },
    spec: { bgp: { ...Object.fromEntries(named), ...more } },
  };
}

async function startBirds(namespaces: Namespaces, running: RunningNode): Promise<void> {
  const { node, families, folder, confd } = running;
  await confd.settled();
  for (const family of families) await startBird(namespaces, node.name, folder, family, true);
  for (const family of families)
    await eventually(() => showSessions(birdFiles(folder, family)), 60_000);
  confd.birdStarted();
}

async function assertEstablished({ node, families, folder, confd }: RunningNode): Promise<void> {
  await confd.settled();
  for (const family of families) {
    const refusal = confd.refusal(family);
    if (refusal !== undefined) throw new Error(`BIRD of ${node.name} refuses its file: ${refusal}`);
    const down = (await showSessions(birdFiles(folder, family))).filter(
      (session) => !session.isEstablished,
    );
    if (down.length > 0)
      throw new Error(`${node.name}: ${down.map(({ line }) => line).join('; ')}`);
  }
}

async function recordState(
  namespaces: Namespaces,
  { node, families, folder }: RunningNode,
): Promise<void> {
  const commands = [
    ['ip', 'rule'],
    ['ip', '-6', 'rule'],
    ['ip', 'route', 'show', 'table', 'all'],
    ['ip', '-6', 'route', 'show', 'table', 'all'],
    ...families.flatMap((family) => {
      const { socket } = birdFiles(folder, family);
      const questions = ['status', 'protocols all', 'route all'];
      return questions.map((what) => ['birdc', '-s', socket, 'show', ...what.split(' ')]);
    }),
  ];
  const answers = commands.map(async (command) => {
    const answer = await namespaces.run(node.name, ...command).catch(String);
    return `# ${command.join(' ')}\n${answer}`;
  });
  await writeFile(path.join(folder, 'state.txt'), (await Promise.all(answers)).join('\n'));
}

/** @returns ends it */
async function startRouters(
  namespaces: Namespaces,
  topology: Topology,
  etcd: LabEtcd,
  folder: string,
): Promise<() => void> {
  const files = new Map<string, string>();
  const running: string[] = [];
  let work = Promise.resolve();
  const writeAll = async (): Promise<void> => {
    const state = calicoStateOf(etcd.values);
    for (const router of topology.routers) {
      const own = path.join(folder, router.name);
      const text = renderRouterFile(state, topology, router);
      if (files.get(router.name) === text) continue;
      files.set(router.name, text);
      await writeFile(birdFiles(own, 4).config, text);
      if (running.includes(router.name)) await configure(birdFiles(own, 4));
    }
  };
  for (const { name } of topology.routers) await mkdir(path.join(folder, name));
  await writeAll();
  for (const { name } of topology.routers) {
    const own = path.join(folder, name);
    await startBird(namespaces, name, own, 4, false);
    await eventually(() => showSessions(birdFiles(own, 4)), 60_000);
    running.push(name);
  }
  return etcd.onChange(() => {
    work = work.then(writeAll).catch(() => undefined);
  });
}

/**
 * By the ports of the switch, because an interface that is down itself would lose its addresses.
 */
async function setCables(
  namespaces: Namespaces,
  { subnets }: Topology,
  name: string,
  state: 'up' | 'down',
): Promise<void> {
  const ports = await namespaces.run(switchNamespace, 'ls', '/sys/class/net');
  const own = [...subnets.keys(), 'm'].map((end) => `${name}-${String(end)}`);
  const lines = own.filter((port) => ports.split('\n').includes(port));
  await namespaces.ip(switchNamespace, ...lines.map((port) => `link set ${port} ${state}`));
}
