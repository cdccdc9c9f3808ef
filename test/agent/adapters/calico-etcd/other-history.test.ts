import { expect } from 'chai';
import path from 'node:path';
import type { DatastoreEvent } from '../../../../agent/ports/datastore/calico-datastore.ts';
import { startCuttingProxy, type CuttingProxy } from '../../../support/servers/cutting-proxy.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../../../support/servers/etcd.ts';
import { eventually } from '../../../support/eventually.ts';
import { peerOf } from '../../../support/samples/changes.ts';
import { openSharedEtcd, type SharedEtcd } from './shared-etcd.ts';

const anything: DatastoreEvent = { type: 'anything' };

describe('a watch of an etcd whose data is replaced', () => {
  let etcd: RunningEtcd;
  let proxy: CuttingProxy;
  let store: SharedEtcd;
  let events: DatastoreEvent[];
  before(function () {
    needsEtcd(this);
  });
  beforeEach(async () => {
    etcd = await startEtcd();
    proxy = await startCuttingProxy(etcd.port);
    const endpoints = [`http://127.0.0.1:${String(proxy.port)}`];
    store = await openSharedEtcd(etcd, { endpoints, timeoutSeconds: 2 });
    await putPeers('old', 3);
    events = [];
    store.connect('node-a').datastore.watch('node-a', {
      changed: (event) => void events.push(event),
      failing: () => undefined,
    });
    await eventually(() => expect(events).to.deep.equal([anything]));
    await putPeers('seen', 1);
    await eventually(() => expect(events).to.have.length(2));
    events.length = 0;
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
    await etcd.stop();
  });

  const putPeers = async (name: string, count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      const { kind, metadata, spec } = peerOf(`${name}-${String(index)}`);
      await store.put({ kind, metadata, spec: { ...spec } });
    }
  };
  /** Later changes are noticed as well. */
  const expectSeen = async (): Promise<void> => {
    await eventually(() => expect(events).to.deep.include(anything));
    events.length = 0;
    await putPeers('later', 1);
    const event = { type: 'object', kind: 'BGPPeer', name: 'later-0' };
    await eventually(() => expect(events).to.deep.include(event));
  };

  it('reports that anything may have changed after a wipe', async () => {
    await etcd.wipe();
    await expectSeen();
  }).timeout(40_000);

  it('reports it after a snapshot was restored', async () => {
    const snapshot = path.join(etcd.folder, 'snapshot');
    await etcd.etcdctl('snapshot', 'save', snapshot);
    await putPeers('lost', 5);
    await eventually(() => expect(events).to.have.length(5));
    events.length = 0;
    await etcd.restore(snapshot);
    await expectSeen();
  }).timeout(40_000);

  it('reports it when more was written since the wipe than before it', async () => {
    // Nothing reaches the agent until everything is written.
    proxy.swallow(true);
    proxy.cut();
    await etcd.wipe();
    await putPeers('new', 20);
    proxy.swallow(false);
    proxy.cut();
    await expectSeen();
  }).timeout(40_000);

  it('reports nothing when etcd was only started again', async () => {
    await etcd.kill();
    await etcd.restart();
    await putPeers('later', 1);
    const event: DatastoreEvent = { type: 'object', kind: 'BGPPeer', name: 'later-0' };
    await eventually(() => expect(events).to.deep.include(event));
  }).timeout(40_000);
});
