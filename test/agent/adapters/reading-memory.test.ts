import { expect } from 'chai';
import { discoverCalicoApi } from '../../../agent/adapters/calico-kubernetes/calico-api.ts';
import { observeKubernetes } from '../../../agent/adapters/calico-kubernetes/observe.ts';
import { surveyKubernetes } from '../../../agent/adapters/calico-kubernetes/survey.ts';
import { keyOf } from '../../../agent/adapters/calico-etcd/keys.ts';
import { observeEtcd } from '../../../agent/adapters/calico-etcd/observe.ts';
import { createEtcdSurvey } from '../../../agent/adapters/calico-etcd/survey.ts';
import type { BGPPeer } from '../../../core/calico/resource.ts';
import { stamped } from '../../../core/render/ownership.ts';

import { AppError } from '../../../runtime/errors.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import { listObjects } from '../../../runtime/kubernetes/list-objects.ts';
import type { Send } from '../../../runtime/kubernetes/requests.ts';
import { failure } from '../../support/failure.ts';
import { clusterScope, peerOf } from '../../support/samples/changes.ts';
import { etcdHolding } from '../../support/servers/etcd-holding.ts';

type MakePeer = (index: number) => BGPPeer;

/** A peer for one node with our marks, as the agent writes it. */
const usualPeer: MakePeer = (index) =>
  stamped(
    peerOf(`calico-agent-peer-node-${String(index)}`, {
      node: `node-${String(index)}`,
      peerIP: `10.0.${String(index >> 8)}.${String(index & 255)}`,
    }),
    clusterScope,
    { lineage: 'controller:site-a', number: 12 },
  );

/** A peer with many labels whose names no other object has. */
const hostilePeer: MakePeer = (index) => {
  const peer = peerOf(`peer-${String(index)}`);
  const names = Array.from({ length: 200 }, (_one, at) => `l${String(index)}-${String(at)}`);
  const labels = Object.fromEntries(names.map((name) => [name, '']));
  return { ...peer, metadata: { ...peer.metadata, labels } };
};

function inEtcd(count: number, make: MakePeer): ReturnType<typeof etcdHolding> {
  const peers = Array.from({ length: count }, (_one, index) => make(index));
  const entries = peers.map((peer) => [keyOf('BGPPeer', peer.metadata.name), JSON.stringify(peer)]);
  return etcdHolding(Object.fromEntries(entries));
}

/** As the API server stores it: with the field manager of all its fields. */
function stored(peer: BGPPeer): unknown {
  const { metadata, spec } = peer;
  const fieldsOf = (values: object = {}): unknown =>
    Object.fromEntries(Object.keys(values).map((name) => [`f:${name}`, {}]));
  const ofMetadata = {
    'f:labels': fieldsOf(metadata.labels),
    'f:annotations': fieldsOf(metadata.annotations),
  };
  const entry = {
    manager: 'calico-agent',
    operation: 'Apply',
    apiVersion: 'crd.projectcalico.org/v1',
    time: '2026-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:metadata': ofMetadata, 'f:spec': fieldsOf(spec) },
  };
  const uid = '3b241101-e2bb-4255-8caf-4136c566a962';
  const server = { uid, resourceVersion: '7', generation: 3, managedFields: [entry] };
  return {
    ...peer,
    apiVersion: entry.apiVersion,
    metadata: { ...metadata, ...server, creationTimestamp: entry.time },
  };
}

function inApiServer(count: number, make: MakePeer): KubernetesClient {
  const unused = (): Promise<never> => Promise.reject(new AppError('not-found', 'not asked for'));
  const send: Send = async ({ path, items }) => {
    const listed = path.endsWith('/bgppeers') ? count : 0;
    for (let index = 0; index < listed; index += 1) await items?.take(stored(make(index)));
    return { status: 200, data: { items: [], metadata: {} } };
  };
  const kinds = ['bgppeers', 'bgpconfigurations', 'ippools'].map((name) => ({ name }));
  return {
    send: unused,
    find: (_what, path) =>
      Promise.resolve(path === '/apis/crd.projectcalico.org/v1' ? { resources: kinds } : undefined),
    list: (what, path, keep) => listObjects(send, what, path, { keep }),
    listWithStubs: (what, path, options) => listObjects(send, what, path, options),
    watch: unused,
    access: unused,
    close: () => Promise.resolve(),
  };
}

describe('the memory of a reading', () => {
  const most = 25_000;
  const readings = {
    etcd: async (count: number, make: MakePeer) =>
      (await observeEtcd(inEtcd(count, make), 'node-0')).observed,
    'etcd, of the whole cluster': (count: number, make: MakePeer) =>
      createEtcdSurvey(inEtcd(count, make)).survey(),
    Kubernetes: async (count: number, make: MakePeer) => {
      const client = inApiServer(count, make);
      const api = await discoverCalicoApi(client, undefined);
      return observeKubernetes(client, api, new WeakMap(), 'node-0');
    },
    'Kubernetes, of the whole cluster': async (count: number, make: MakePeer) => {
      const client = inApiServer(count, make);
      return surveyKubernetes(client, await discoverCalicoApi(client, undefined));
    },
  };

  for (const [name, read] of Object.entries(readings)) {
    it(`is enough for as many peers as a configuration may have: ${name}`, async function () {
      this.timeout(120_000);
      expect((await read(most, usualPeer)).resources).to.have.length(most);
    });
  }

  for (const name of ['etcd', 'Kubernetes'] as const) {
    it(`is not enough for very many labels that no other object has: ${name}`, async function () {
      this.timeout(120_000);
      const error = await failure(readings[name](1700, hostilePeer));
      expect(error).to.include({ code: 'datastore-failed', retryable: true });
      expect(error.message).to.include('search for objects with very large annotations');
    });
  }
});
