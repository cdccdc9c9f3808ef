/** The answers of other programs: LXD, the Kubernetes API server, etcd. */
import { observeEtcd, readPoolUsage } from '../../../agent/adapters/calico-etcd/observe.ts';
import { createEtcdSurvey } from '../../../agent/adapters/calico-etcd/survey.ts';
import { createEtcdStore } from '../../../controller/adapters/etcd-store/etcd-store.ts';
import { keyOf, kindPrefix } from '../../../agent/adapters/calico-etcd/keys.ts';
import { discoverCalicoApi } from '../../../agent/adapters/calico-kubernetes/calico-api.ts';
import { observeKubernetes } from '../../../agent/adapters/calico-kubernetes/observe.ts';
import { surveyKubernetes } from '../../../agent/adapters/calico-kubernetes/survey.ts';
import { recordOf, storedLease } from '../../../agent/adapters/calico-kubernetes/lease-object.ts';
import type { LookInside } from '../../../agent/adapters/lxd/inside/look-inside.ts';
import { observeContainer, observeLxd } from '../../../agent/adapters/lxd/observe-lxd.ts';
import type { LxdClient } from '../../../agent/adapters/lxd/lxd-client.ts';
import { exportConfig } from '../../../core/export/export-config.ts';
import { isMap, listAt, valueAt } from '../../../core/input/plain-data.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import { findStaleNodes } from '../../../core/survey/find-stale-nodes.ts';
import type { SurveyedCluster } from '../../../core/survey/surveyed-cluster.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import { readWatchEvents } from '../../../runtime/kubernetes/watch-events.ts';
import { Readable } from 'node:stream';
import { nothing, texts, type Door } from './door.ts';
import { readItems } from '../../../runtime/kubernetes/list-items.ts';
import { listObjects } from '../../../runtime/kubernetes/list-objects.ts';
import { etcdHolding } from '../../support/servers/etcd-holding.ts';
import type { Send } from '../../../runtime/kubernetes/requests.ts';

const peer = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'BGPPeer',
  metadata: {
    name: 'a',
    uid: '1',
    resourceVersion: '7',
    labels: { a: 'b' },
    annotations: { 'projectcalico.org/metadata': '{"labels":{"a":"b"},"annotations":{}}' },
    managedFields: [
      {
        manager: 'calico-agent',
        operation: 'Apply',
        time: '2026-01-01T00:00:00Z',
        fieldsV1: { 'f:spec': { 'f:asNumber': {} }, 'f:metadata': { 'f:labels': { 'f:a': {} } } },
      },
    ],
  },
  spec: { peerIP: '10.0.0.1', asNumber: 64_512, nodeSelector: 'all()' },
};
const settings = {
  ...peer,
  kind: 'BGPConfiguration',
  metadata: { name: 'default' },
  spec: { asNumber: 64_512, nodeToNodeMeshEnabled: false, serviceClusterIPs: [{ cidr: '::/64' }] },
};
const pool = {
  ...peer,
  kind: 'IPPool',
  metadata: { name: 'pool' },
  spec: { cidr: '192.168.0.0/16', ipipMode: 'Always', blockSize: 26, natOutgoing: true },
};
const block = {
  cidr: '192.168.0.64/26',
  affinity: 'host:node-0',
  allocations: [null, 0, 1],
  attributes: [
    { handle_id: 'ipip-tunnel-addr-a', secondary: { node: 'b', type: 'ipipTunnelAddress' } },
  ],
};
const kubernetesNode = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name: 'node-0',
    labels: { 'calico-agent/group.abc': 'true' },
    annotations: {
      'projectcalico.org/IPv4Address': '10.0.0.2/24',
      'projectcalico.org/ASNumber': '64512',
      'projectcalico.org/labels': '{"a":"b"}',
    },
  },
  status: { addresses: [{ type: 'InternalIP', address: '10.0.0.2' }] },
};
const calicoNode = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'Node',
  metadata: { name: 'node-0', labels: { a: 'b' } },
  spec: { bgp: { ipv4Address: '10.0.0.2/24', asNumber: 64_512 }, orchRefs: [{ nodeName: 'a' }] },
};

/** All of them at once, so that a mutation may move a part to another place. */
const kubernetes = {
  apis: {
    resources: ['bgppeers', 'ippools', 'bgpfilters', 'ipamblocks'].map((name) => ({ name })),
  },
  bgppeers: [peer],
  bgpconfigurations: [settings],
  ippools: [pool],
  bgpfilters: [],
  ipamblocks: [{ metadata: { name: 'b' }, spec: block }],
  felixconfigurations: [{ metadata: { name: 'default' } }],
  nodes: [kubernetesNode],
  status: { kind: 'Status', reason: 'Invalid', details: { causes: [{ field: 'spec.a' }] } },
  lease: {
    metadata: { resourceVersion: '1', annotations: { 'calico-agent/share-record': '{}' } },
    spec: { holderIdentity: 'a_b', leaseDurationSeconds: 60 },
  },
};

const ignored = { take: (): void => undefined };

/** Returns the part of a sample under the last part of the path. */
function kubernetesClient(data: unknown): KubernetesClient {
  const unused = (): Promise<never> => Promise.reject(new AppError('not-found', 'not asked for'));
  const part = (path: string): string => path.split('/').at(-1) ?? '';
  const listed: Send = async ({ what, path, items = ignored }) => {
    const body = chunksOf(JSON.stringify({ items: listAt(data, part(path)) }));
    return { status: 200, data: await readItems({ body }, what, items) };
  };
  return {
    send: unused,
    find: (_what, path) =>
      Promise.resolve(path.startsWith('/apis/') ? valueAt(data, 'apis') : listAt(data, 'nodes')[0]),
    listWithStubs: (what, path, options) => listObjects(listed, what, path, options),
    list: (what, path, keep) => listObjects(listed, what, path, { keep }),
    watch: unused,
    access: unused,
    close: () => Promise.resolve(),
  };
}

/** The agent's view of a whole cluster. */
function judge(cluster: SurveyedCluster): void {
  nothing(exportConfig(cluster), findStaleNodes(cluster, ['node-1']));
}

async function readKubernetes(text: string): Promise<readonly []> {
  const data = jsonValue(text, jsonBounds.kubernetes);
  const client = kubernetesClient(data);
  nothing(new ApiRefusal({ what: 'write' }, 422, valueAt(data, 'status'), undefined).said);
  nothing(new ApiRefusal({ what: 'write', isFromConfig: true }, 400, data, undefined).said);
  const api = await discoverCalicoApi(client, undefined);
  await observeKubernetes(client, api, new WeakMap(), 'node-0');
  judge(await surveyKubernetes(client, api));
  await readItems({ body: chunksOf(text) }, 'list', ignored);
  recordOf(storedLease(valueAt(data, 'lease')));
  return [];
}

function chunksOf(text: string): Readable {
  const chunks = text.match(/[^]{1,997}/gu) ?? [];
  return Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
}

async function readWatch(text: string): Promise<readonly []> {
  const body = chunksOf(text);
  const asError = (error: unknown): AppError =>
    error instanceof AppError ? error : new AppError('internal', String(error));
  for await (const event of readWatchEvents(body, asError)) nothing(event);
  return [];
}

/** A sample maps keys to values; a value that is not text is stored as JSON. */
function etcdClient(data: unknown): EtcdClient {
  const stored = Object.entries(isMap(data) ? data : {}).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return etcdHolding(Object.fromEntries(stored));
}

async function readEtcd(text: string): Promise<readonly []> {
  const client = etcdClient(jsonValue(text, jsonBounds.kubernetes));
  await observeEtcd(client, 'node-0');
  await readPoolUsage(client, ['192.168.0.0/16']);
  judge(await createEtcdSurvey(client).survey());
  const store = createEtcdStore({ client, prefix: '/calico/' });
  await store.list({ kind: 'resources', limit: 10 });
  await store.lead('fleet', { holder: 'this one' }).catch(() => undefined);
  return [];
}

const etcd = {
  [keyOf('BGPPeer', 'a')]: peer,
  [keyOf('BGPConfiguration', 'default')]: settings,
  [keyOf('IPPool', 'pool')]: pool,
  [keyOf('Node', 'node-0')]: calicoNode,
  [kindPrefix('BGPFilter')]: {},
  '/calico/ipam/v2/assignment/ipv4/block/192.168.0.64-26': block,
};

const lxd = {
  '/1.0': { environment: { server: 'lxd', server_version: '5.21' } },
  '/1.0/projects': [{ name: 'default', config: { 'features.profiles': 'true' } }],
  '/1.0/profiles': [
    {
      name: 'juju-m',
      description: 'a',
      config: { 'security.nesting': 'true' },
      devices: { bpf: { type: 'disk', path: '/sys/fs/bpf' } },
    },
  ],
  '/1.0/instances': [
    {
      name: 'juju-1',
      type: 'container',
      profiles: ['default', 'juju-m'],
      expanded_config: { 'linux.kernel_modules': 'ipip' },
      expanded_devices: { eth0: { type: 'nic' } },
      state: {
        pid: 7,
        network: { eth0: { state: 'up', addresses: [{ scope: 'global', address: '10.0.0.2' }] } },
      },
    },
  ],
};

function lxdClient(data: unknown): LxdClient {
  return {
    request: ({ path }) => {
      const [resource = ''] = path.split('?');
      const list = resource.split('/').slice(0, 3).join('/');
      const found = valueAt(data, list);
      const isOne = resource.split('/').length > 3;
      return Promise.resolve({ metadata: isOne && Array.isArray(found) ? found[0] : found });
    },
  };
}

async function readLxd(text: string): Promise<readonly []> {
  const client = lxdClient(jsonValue(text, jsonBounds.lxd));
  const look: LookInside = () => Promise.resolve({ sysctls: {} });
  await observeContainer(client, { project: 'default', name: 'juju-1' }, look);
  await observeLxd(client, look);
  return [];
}

export const answerDoors: readonly Door[] = [
  { name: "the Kubernetes API's answers", samples: texts(kubernetes), read: readKubernetes },
  {
    name: 'the events of a Kubernetes watch',
    samples: [
      texts({ type: 'ADDED', object: peer }, { type: 'DELETED', object: pool }).join('\n'),
      texts({ type: 'ERROR', object: { code: 410, message: 'too old' } }, { type: 'x' }).join('\n'),
    ].map((text) => `${text}\n`),
    read: readWatch,
  },
  { name: "etcd's answers", samples: texts(etcd), read: readEtcd },
  { name: "LXD's answers", samples: texts(lxd), read: readLxd },
];
