/** Reports of nodes in a real etcd: bound to a lease, so that a dead agent leaves nothing behind. */
import { expect } from 'chai';
import {
  createEtcdFleetStore,
  type EtcdFleetStore,
} from '../../../../agent/adapters/calico-etcd/fleet-store.ts';
import { createEtcdClient, type EtcdClient } from '../../../../runtime/etcd/etcd-client.ts';
import { eventually } from '../../../support/eventually.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../../../support/servers/etcd.ts';
import { fleetDigest } from '../../../support/samples/fleet-reports.ts';
import { describeFleetStore } from '../../ports/fleet-store.contract.ts';

const reports = '/calico/calico-agent/v1/fleet/nodes/';
const summaries = '/calico/calico-agent/v1/fleet/summaries/';

const known = new Set(['node-1', 'node-2']);

describe('the reports of a fleet in etcd', () => {
  let etcd: RunningEtcd;
  const clients: EtcdClient[] = [];
  const stores: EtcdFleetStore[] = [];
  before(async function () {
    needsEtcd(this);
    etcd = await startEtcd();
    for (const node of ['node-1', 'node-2']) {
      await etcd.put(`/calico/resources/v3/projectcalico.org/nodes/${node}`, {});
    }
  });
  afterEach(() => {
    for (const store of stores.splice(0)) store.close();
    for (const client of clients.splice(0)) client.close();
  });
  after(() => etcd.stop());

  const connect = (): EtcdClient => {
    const client = createEtcdClient(() =>
      Promise.resolve({ endpoints: [etcd.endpoint], timeoutMs: 5000 }),
    );
    clients.push(client);
    return client;
  };
  const storeOf = (node: string): EtcdFleetStore => {
    const store = createEtcdFleetStore({ client: connect(), node: () => node });
    stores.push(store);
    return store;
  };

  describeFleetStore(storeOf);

  it('are skipped and counted when they are too large', async () => {
    await etcd.put(`${reports}node-9`, 'x'.repeat(5000));
    const read = await storeOf('node-1').reports(known);
    expect(read.skipped).to.equal(1);
    expect(read.reports.map(({ node }) => node)).to.not.include('node-9');
    await etcd.etcdctl('del', `${reports}node-9`);
  });

  it('are read whatever a stranger writes beside them', async () => {
    const one = storeOf('node-1');
    await one.write('a report');
    const stranger = connect();
    const lease = await stranger.grantLease(600);
    for (let index = 0; index < 60; index += 1) {
      const put = `${reports}big-${String(index)}`;
      const writes = [{ put, value: 'x'.repeat(1_000_000), lease }];
      await stranger.commit({ compares: [], writes, otherwise: [] });
    }
    const read = await storeOf('node-2').reports(known);
    expect(read.reports.map(({ node, text }) => [node, text])).to.deep.equal([
      ['node-1', 'a report'],
    ]);
    expect(read.skipped).to.equal(60);
    await stranger.revokeLease(lease);
    await one.remove();
  });

  it('are ignored, as a summary is, when no lease ends them', async () => {
    await etcd.put(`${reports}node-2`, 'a report');
    await etcd.put(`${summaries}${'a'.repeat(64)}`, 'a summary');
    const one = storeOf('node-1');
    expect(await one.reports(known)).to.deep.include({ reports: [] });
    expect((await one.summary(fleetDigest))?.text).to.equal('');
    await etcd.etcdctl('del', `${reports}node-2`);
    await etcd.etcdctl('del', '--prefix', summaries);
  });

  it('are bound to a lease of 30 s', async () => {
    const one = storeOf('node-3');
    await one.write('a');
    const lease = await leaseOf('node-3');
    const left = await etcd.etcdctl('lease', 'timetolive', BigInt(lease).toString(16));
    expect(left).to.match(/granted with TTL\(30s\)/u);
    // Like etcd when the time has passed.
    await etcd.etcdctl('lease', 'revoke', BigInt(lease).toString(16));
    expect(await leaseOf('node-3')).to.equal('0');
  });

  it('disappear at once when they are withdrawn', async () => {
    const one = storeOf('node-5');
    await one.write('a');
    await Promise.all([one.remove(), one.write('b')]);
    expect(await leaseOf('node-5')).to.not.equal('0');
    await one.remove();
    expect(await leaseOf('node-5')).to.equal('0');
  });

  it('expire after a last report', async () => {
    const one = storeOf('node-6');
    await one.write('a');
    await one.remove('last');
    const { reports: stored } = await one.reports(known);
    expect(stored.find(({ node }) => node === 'node-6')?.text).to.equal('last');
    const lease = await leaseOf('node-6');
    await etcd.etcdctl('lease', 'revoke', BigInt(lease).toString(16));
    expect(await leaseOf('node-6')).to.equal('0');
  });

  it('come back with the next write when the lease was lost', async () => {
    const one = storeOf('node-4');
    await one.write('a');
    const lease = await leaseOf('node-4');
    await etcd.etcdctl('lease', 'revoke', BigInt(lease).toString(16));
    await one.write('b').catch(() => undefined);
    await eventually(async () => {
      await one.write('b');
      expect(await leaseOf('node-4')).to.not.equal('0');
    });
  });

  const reader = (): EtcdClient => {
    const [client] = clients;
    if (client === undefined) throw new Error('no client is there');
    return client;
  };
  /** `0`: the key does not exist. */
  const leaseOf = async (node: string): Promise<string> => {
    const { ranges } = await reader().read([{ key: reports + node }]);
    return ranges.flat()[0]?.lease ?? '0';
  };
});
