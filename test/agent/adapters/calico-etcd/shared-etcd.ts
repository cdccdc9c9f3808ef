/** Connections to one etcd and a keyspace that is empty again for each test. */
import { createCalicoEtcd } from '../../../../agent/adapters/calico-etcd/driver.ts';
import type { ConnectedDatastore } from '../../../../agent/ports/datastore/connected-datastore.ts';
import type { EtcdDatastore } from '../../../../schemas/generated/agent-config.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../../../support/servers/etcd.ts';
import type { Document, SharedDatastore } from '../../ports/connected-datastore.contract.ts';

export const clock = { now: (): string => '2026-11-21T10:00:00.123Z' };

const plurals = {
  BGPConfiguration: 'bgpconfigurations',
  BGPFilter: 'bgpfilters',
  BGPPeer: 'bgppeers',
  IPPool: 'ippools',
  Node: 'nodes',
} as const;

export function keyOf(kind: keyof typeof plurals, name: string): string {
  return `/calico/resources/v3/projectcalico.org/${plurals[kind]}/${name}`;
}

/** In the form of Calico's own programs. */
export function storedDocument(document: Document): unknown {
  const { kind, metadata, spec } = document;
  const { name, ...rest } = metadata;
  const uid = 'e3a1f1d2-0a3c-4a51-9f0e-6a1d4e1b7c11';
  const creationTimestamp = '2025-01-02T03:04:05Z';
  return {
    kind,
    apiVersion: 'projectcalico.org/v3',
    metadata: { name, uid, creationTimestamp, ...rest },
    spec,
  };
}

export function nodeDocument(name: string, address: string): Document {
  const labels = { 'kubernetes.io/hostname': name };
  const bgp = { ipv4Address: address, ipv4IPIPTunnelAddr: '10.1.0.1' };
  return { kind: 'Node', metadata: { name, labels }, spec: { bgp } };
}

export interface SharedEtcd extends SharedDatastore {
  close(): Promise<void>;
}

export async function openSharedEtcd(
  etcd: RunningEtcd,
  settings: Omit<EtcdDatastore, 'driver'> = {},
): Promise<SharedEtcd> {
  const connections: ConnectedDatastore[] = [];
  await etcd.etcdctl('del', '--prefix', '/calico/');
  const store: SharedEtcd = {
    connect: (node) => {
      const connection = createCalicoEtcd(
        { driver: 'etcd', endpoints: [etcd.endpoint], ...etcd.files, ...settings },
        { node: () => node, clock, environment: {} },
      );
      connections.push(connection);
      return connection;
    },
    put: (document) =>
      etcd.put(keyOf(document.kind, document.metadata.name), storedDocument(document)),
    get: (kind, name) => etcd.get(keyOf(kind, name)),
    remove: async (kind, name) => {
      await etcd.etcdctl('del', keyOf(kind, name));
    },
    close: async () => {
      for (const { datastore, writerLease: lease } of connections) {
        await lease.release().catch(() => undefined);
        await datastore.close();
      }
    },
  };
  await store.put(nodeDocument('node-a', '10.0.0.11/24'));
  await store.put(nodeDocument('node-b', '10.0.0.12/24'));
  return store;
}

/**
 * One etcd for a suite, with an empty keyspace for each test; the given values are in each of them.
 */
export function etcdOfSuite(): { readonly etcd: RunningEtcd; readonly store: SharedEtcd } {
  const suite: { etcd?: RunningEtcd; store?: SharedEtcd } = {};
  before(async function () {
    needsEtcd(this);
    suite.etcd = await startEtcd();
  });
  after(() => suite.etcd?.stop());
  beforeEach(async () => {
    suite.store = await openSharedEtcd(running(suite.etcd));
  });
  afterEach(() => suite.store?.close());
  return {
    get etcd() {
      return running(suite.etcd);
    },
    get store() {
      return running(suite.store);
    },
  };
}

function running<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the etcd of a suite is there in its tests only');
  return part;
}

/** As calico-node does at its first start. */
export async function putClusterInformation(etcd: RunningEtcd): Promise<void> {
  await etcd.put('/calico/resources/v3/projectcalico.org/clusterinformations/default', {
    kind: 'ClusterInformation',
    apiVersion: 'projectcalico.org/v3',
    metadata: { name: 'default' },
    spec: { clusterGUID: 'a', calicoVersion: 'v3.31.0', datastoreReady: true },
  });
}
