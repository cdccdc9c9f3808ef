import { expect } from 'chai';
import { applyStep } from '../../../../agent/adapters/calico-etcd/apply-step.ts';
import type { DatastoreEvent } from '../../../../agent/ports/datastore/calico-datastore.ts';
import type { ConnectedDatastore } from '../../../../agent/ports/datastore/connected-datastore.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import type { Change, Plan } from '../../../../core/plan/plan.ts';
import type { Desired } from '../../../../core/render/desired.ts';
import { listAt, textAt, valueAt } from '../../../../core/input/plain-data.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { createEtcdClient, type EtcdClient } from '../../../../runtime/etcd/etcd-client.ts';
import { create, patchNode, peerOf, stepOf, update } from '../../../support/samples/changes.ts';
import {
  startCuttingProxy,
  type Cut,
  type CuttingProxy,
} from '../../../support/servers/cutting-proxy.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../../../support/servers/etcd.ts';
import { eventually } from '../../../support/eventually.ts';
import { failure } from '../../../support/failure.ts';
import { keyOf, nodeDocument, openSharedEtcd, type SharedEtcd } from './shared-etcd.ts';
import { held } from './ipam-fixtures.ts';

const revision = { lineage: 'local:node-a', number: 3, digest: `sha256:${'0'.repeat(64)}` };
const peersPrefix = keyOf('BGPPeer', '');

describe('the etcd driver under faults', () => {
  let etcd: RunningEtcd;
  let proxy: CuttingProxy;
  let store: SharedEtcd;
  const started: RunningEtcd[] = [];
  before(async function () {
    needsEtcd(this);
    etcd = await startEtcd({ args: ['--max-txn-ops=128'] });
    started.push(etcd);
  });
  after(() => Promise.all(started.map((one) => one.stop())));
  beforeEach(async () => {
    proxy = await startCuttingProxy(etcd.port);
    store = await openSharedEtcd(etcd, {
      endpoints: [`http://127.0.0.1:${String(proxy.port)}`],
      timeoutSeconds: 2,
    });
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
  });

  describe('connections that are cut', () => {
    const names = Array.from(
      { length: 50 },
      (_, index) => `peer-${String(index).padStart(2, '0')}`,
    );
    const desired: Desired = {
      covers: [{ kind: 'cluster' }],
      resources: names.map((name, index) => ({
        scope: { kind: 'cluster' },
        resource: peerOf(name, { peerIP: `10.0.1.${String(index)}` }),
        reasons: {},
      })),
      nodes: [],
      unknownPools: 'keep',
    };
    const inSteps = (plan: Plan, size: number): readonly (readonly Change[])[] => {
      const changes = plan.steps
        .flatMap((step) => step.changes)
        .flatMap((change) => ('scope' in change ? [change] : []));
      return Array.from({ length: Math.ceil(changes.length / size) }, (_, index) =>
        changes.slice(index * size, (index + 1) * size),
      );
    };

    /** Like the agent: after any error it reads again, and goes on with the rest. */
    const bringAbout = async (
      size: number,
      cuts: Cuts,
    ): Promise<{ readonly failed: number; readonly lost: number }> => {
      const agent = store.connect('node-a');
      let [failed, lost, turn] = [0, 0, 0];
      for (;;) {
        const observed = await patiently(() => agent.datastore.observe('node-a'));
        const steps = inSteps(planChanges(desired, observed), size);
        if (steps.length === 0) return { failed, lost };
        const fence = await patiently(() => held(agent));
        for (const changes of steps) {
          const wanted = changes.map((change) => keyOf('BGPPeer', nameOf(change)));
          turn += 1;
          const mayPass = turn % (cuts.perWrite + 1) === 0;
          const bytes = mayPass ? Infinity : (turn * 97) % (cuts.within * size + 400);
          proxy.cutAfter({ way: cuts.way, bytes });
          const error = await agent.datastore.apply(stepOf(changes), revision, fence).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          if (error === undefined) continue;
          expect(error).to.be.instanceOf(AppError);
          expect(error).to.include({ code: 'datastore-failed', retryable: true });
          failed += 1;
          const there = new Set(await etcd.keys(peersPrefix));
          const written = wanted.filter((key) => there.has(key)).length;
          expect(written, 'a part of a transaction').to.be.oneOf([0, wanted.length]);
          if (written > 0) lost += 1;
          break;
        }
      }
    };
    /** Each object was written once: it exists, and was never overwritten. */
    const expectOnce = async (): Promise<void> => {
      const text = await etcd.etcdctl('get', '--prefix', peersPrefix, '-w', 'json');
      const found = listAt(JSON.parse(text), 'kvs').map((one) => [
        Buffer.from(textAt(one, 'key') ?? '', 'base64')
          .toString()
          .slice(peersPrefix.length),
        valueAt(one, 'version'),
      ]);
      expect(found).to.deep.equal(names.map((name) => [name, 1]));
    };

    const table = [
      { size: 1, perWrite: 1 },
      { size: 50, perWrite: 30 },
    ];
    for (const { size, perWrite } of table) {
      it(`finish at ${String(size)} changes a step, cut within the requests`, async () => {
        const { failed } = await bringAbout(size, { way: 'to', perWrite, within: 650 });
        expect(failed).to.be.greaterThan(0);
        await expectOnce();
      }).timeout(60_000);

      it(`finish at ${String(size)} changes a step, cut within the answers`, async () => {
        const { lost } = await bringAbout(size, { way: 'from', perWrite, within: 20 });
        expect(lost, 'writes whose answer was lost').to.be.greaterThan(0);
        await expectOnce();
      }).timeout(60_000);
    }
  });

  it('goes on after etcd was killed and started again in the middle', async function () {
    this.timeout(60_000);
    const agent = store.connect('node-a');
    const events: DatastoreEvent[] = [];
    const failures: string[] = [];
    agent.datastore.watch('node-a', {
      changed: (event) => void events.push(event),
      failing: (reason) => void failures.push(reason),
    });
    await eventually(() => expect(events).to.deep.equal([{ type: 'anything' }]));
    const fence = await held(agent);
    await agent.datastore.apply(stepOf([create(peerOf('first'))]), revision, fence);
    await etcd.kill();
    const second = stepOf([create(peerOf('second')), create(peerOf('third'))]);
    const error = await failure(agent.datastore.apply(second, revision, fence));
    expect(error).to.include({ code: 'datastore-failed', retryable: true });
    await eventually(() => expect(failures).to.have.length(1));
    events.length = 0;
    await etcd.restart();
    await eventually(() => agent.datastore.observe('node-a'));
    // The lease outlives the restart, and no other agent has taken it meanwhile.
    await agent.datastore.apply(second, revision, fence);
    const { resources } = await agent.datastore.observe('node-a');
    expect(resources).to.have.length(3);
    await eventually(() => expect(events).to.deep.include({ type: 'anything' }));
    expect(failures).to.have.length(1);
  });

  describe('another writer between our read and our write', () => {
    const now = (): string => '2026-11-21T10:00:00Z';
    /** A client whose first commits each come after another event. */
    const meddling = (times: number, meddle: (time: number) => Promise<void>): EtcdClient => {
      const client = createEtcdClient(() =>
        Promise.resolve({ endpoints: [etcd.endpoint], timeoutMs: 5000 }),
      );
      let time = 0;
      const commit: EtcdClient['commit'] = async (transaction) => {
        time += 1;
        if (time <= times) await meddle(time);
        return client.commit(transaction);
      };
      return { ...client, commit };
    };

    it('does not prevent the patch of the node, and loses nothing', async () => {
      const client = meddling(3, (time) =>
        store.put(nodeDocument('node-a', `10.0.0.${String(100 + time)}/24`)),
      );
      const settings = { asNumber: 65001, groupLabels: ['calico-agent/group.ab'] };
      await applyStep(
        { client, now },
        stepOf([patchNode('node-a', settings)]),
        revision,
        undefined,
      );
      client.close();
      const node = await etcd.get(keyOf('Node', 'node-a'));
      expect(valueAt(node, 'spec', 'bgp')).to.deep.equal({
        ipv4Address: '10.0.0.103/24',
        ipv4IPIPTunnelAddr: '10.1.0.1',
        asNumber: 65001,
      });
    });

    it('is a conflict for a cluster-wide object, and for its whole step', async () => {
      const fence = await held(store.connect('node-a'));
      const before = peerOf('shared');
      const { kind, metadata, spec } = before;
      await store.put({ kind, metadata, spec: { ...spec } });
      const client = meddling(1, () =>
        store.put({ kind, metadata, spec: { ...spec, asNumber: 65005 } }),
      );
      const changes = [
        update(before, peerOf('shared', { asNumber: 65002 })),
        create(peerOf('new')),
      ];
      const error = await failure(applyStep({ client, now }, stepOf(changes), revision, fence));
      client.close();
      expect(error).to.include({ code: 'datastore-conflict', retryable: true });
      expect(error.message).to.contain('BGPPeer "shared"').and.not.contain('new');
      expect(await etcd.keys(peersPrefix)).to.deep.equal([keyOf('BGPPeer', 'shared')]);
      const left = await etcd.get(keyOf('BGPPeer', 'shared'));
      expect(valueAt(left, 'spec', 'asNumber')).to.equal(65005);
    });
  });

  describe('the writer lease', () => {
    it('is lost on the server when the lease ends, whatever its holder believes', async () => {
      const agent = store.connect('node-a');
      const other = store.connect('node-b');
      const fence = await held(agent);
      const first = peerOf('first');
      await agent.datastore.apply(stepOf([create(first)]), revision, fence);
      // As when the holder hangs for longer than its lease lasts.
      for (const lease of await leases(etcd)) await etcd.etcdctl('lease', 'revoke', lease);
      const changed = peerOf('first', { asNumber: 65002 });
      const step = stepOf([update(first, changed)]);
      const alone = await failure(agent.datastore.apply(step, revision, fence));
      expect(alone).to.include({ code: 'writer-lease-lost', retryable: true });
      await held(other);
      const late = await failure(agent.datastore.apply(step, revision, fence));
      expect(late.message).to.contain('"node-b"');
      expect(await failure(agent.writerLease.record(revision, fence))).to.include({
        code: 'writer-lease-lost',
      });
      expect(await agent.writerLease.claim()).to.deep.equal({ held: false, holder: 'node-b' });
    });

    it('can be taken again at once by an agent that was killed and started again', async () => {
      const before = await held(store.connect('node-a'));
      const fence = await held(store.connect('node-a'));
      expect(fence).not.to.deep.equal(before);
    });

    it('goes to exactly one of many agents that want it at the same time', async () => {
      const agents = ['node-a', 'node-b', 'node-c', 'node-d'].map((node) => store.connect(node));
      const claims = await Promise.all(agents.map(({ writerLease: lease }) => lease.claim()));
      expect(claims.filter((claim) => claim.held)).to.have.length(1);
      expect(await leases(etcd)).to.have.length(1);
    });

    it('is free when its key has no etcd lease, and goes to one of many agents', async () => {
      const key = '/calico/calico-agent/v1/holder';
      await etcd.etcdctl('put', key, 'node-x');
      const agents = ['node-a', 'node-b', 'node-c'].map((node) => store.connect(node));
      const doctored = await store.connect('node-a').diagnosis.diagnose();
      const finding = doctored.find(({ check }) => check === 'writer lease');
      expect(finding).to.include({ result: 'warning' });
      expect(finding?.message).to.contain(key);
      expect(await store.connect('node-a').writerLease.read()).to.deep.equal({});
      const claims = await Promise.all(agents.map(({ writerLease: lease }) => lease.claim()));
      const holders = claims.flatMap((claim, index) => (claim.held ? [index] : []));
      expect(holders).to.have.length(1);
      const holder = agents[holders[0] ?? 0];
      if (holder === undefined) throw new Error('nobody holds it');
      const fence = await held(holder);
      await holder.datastore.apply(stepOf([create(peerOf('first'))]), revision, fence);
      const after = await holder.diagnosis.diagnose();
      expect(after.map(({ check }) => check)).not.to.include('writer lease');
      // Overwritten while it is held: the term ends, because nothing bounds it any more.
      await etcd.etcdctl('put', key, 'node-x');
      expect(await held(holder)).not.to.deep.equal(fence);
    });

    it('never overwrites a record that it cannot read', async () => {
      const key = '/calico/calico-agent/v1/share';
      await etcd.put(key, '{"formatVersion":2}');
      const { writerLease: lease } = store.connect('node-a');
      for (const call of [
        () => lease.read(),
        () => lease.claim(),
        () => lease.setHold({ by: 'ana', why: 'x', since: '2026-11-21T10:00:00Z' }),
      ]) {
        expect((await failure(call())).message).to.contain(key);
      }
      expect(await etcd.get(key)).to.deep.equal({ formatVersion: 2 });
    });
  });

  describe('a watch', () => {
    const follow = async (
      agent: ConnectedDatastore,
    ): Promise<{ readonly events: DatastoreEvent[]; readonly failures: string[] }> => {
      const events: DatastoreEvent[] = [];
      const failures: string[] = [];
      agent.datastore.watch('node-a', {
        changed: (event) => void events.push(event),
        failing: (reason) => void failures.push(reason),
      });
      await eventually(() => expect(events).to.deep.equal([{ type: 'anything' }]));
      events.length = 0;
      return { events, failures };
    };
    const event = (name: string): DatastoreEvent => ({ type: 'object', kind: 'BGPPeer', name });

    it('misses nothing when its connection is cut', async () => {
      const { events, failures } = await follow(store.connect('node-a'));
      proxy.cut();
      for (const name of ['a', 'b', 'c']) {
        const { kind, metadata, spec } = peerOf(name);
        await store.put({ kind, metadata, spec: { ...spec } });
      }
      await eventually(() => expect(events).to.deep.equal(['a', 'b', 'c'].map(event)));
      expect(failures).to.deep.equal([]);
    });

    it('survives values of any kind, and counts their names as taken', async () => {
      const agent = store.connect('node-a');
      const { events, failures } = await follow(agent);
      const { apiVersion, metadata, spec } = peerOf('odd');
      const kinds = ['constructor', 'IPPool', 'BGPPeer', { toString: 1 }, null];
      for (const [index, kind] of kinds.entries()) {
        await etcd.put(`${peersPrefix}odd${String(index)}`, {
          ...{ apiVersion, kind, spec },
          metadata: { ...metadata, name: `odd${String(index)}` },
        });
      }
      await etcd.put(`${peersPrefix}odd5`, 'not JSON');
      const deep = `{"spec":${'['.repeat(5000)}${']'.repeat(5000)}}`;
      await etcd.put(`${peersPrefix}odd6`, deep);
      await eventually(() => {
        const names = events.flatMap((one) => (one.type === 'object' ? [one.name] : []));
        expect(names).to.deep.equal(['odd0', 'odd1', 'odd2', 'odd3', 'odd4', 'odd5', 'odd6']);
      });
      expect(failures).to.deep.equal([]);
      const { resources, taken = [] } = await agent.datastore.observe('node-a');
      expect(resources.map(({ resource }) => resource.metadata.name)).to.deep.equal(['odd2']);
      expect(taken.map(({ name }) => name)).to.deep.equal([
        'odd0',
        'odd1',
        'odd3',
        'odd4',
        'odd5',
        'odd6',
      ]);
      expect((await agent.survey.survey()).taken).to.have.length(6);
    });

    it('says that anything may have changed when its history is compacted away', async () => {
      const { events } = await follow(store.connect('node-a'));
      proxy.swallow(true);
      proxy.cut();
      for (const name of ['a', 'b']) {
        const { kind, metadata, spec } = peerOf(name);
        await store.put({ kind, metadata, spec: { ...spec } });
      }
      const status: unknown = JSON.parse(await etcd.etcdctl('get', 'x', '-w', 'json'));
      await etcd.etcdctl('compact', String(valueAt(status, 'header', 'revision')));
      proxy.swallow(false);
      proxy.cut();
      await eventually(() => expect(events).to.deep.include({ type: 'anything' }));
      const { kind, metadata, spec } = peerOf('c');
      // The watch may begin once more when it learns of the compaction, and report that again.
      await eventually(async () => {
        await store.put({ kind, metadata, spec: { ...spec } });
        expect(events).to.deep.include(event('c'));
      });
    });
  });

  describe('endpoints', () => {
    it('time out when one of them does not answer', async () => {
      proxy.swallow(true);
      const agent = store.connect('node-a');
      const began = performance.now();
      const error = await failure(agent.datastore.observe('node-a'));
      expect(error).to.include({ code: 'datastore-failed', retryable: true });
      expect(error.message).to.contain(String(proxy.port)).and.contain('no answer in time');
      // Its limit is 3 s; without one it would hang.
      expect(performance.now() - began).to.be.lessThan(20_000);
    });

    it('are all tried by each of many calls that begin at the same time', async () => {
      const dead = await startCuttingProxy(1);
      const deadPort = dead.port;
      await dead.close();
      for (let turn = 0; turn < 5; turn += 1) {
        const several = await openSharedEtcd(etcd, {
          endpoints: [`http://127.0.0.1:${String(deadPort)}`, etcd.endpoint],
          timeoutSeconds: 3,
        });
        const agent = several.connect('node-a');
        await Promise.all([
          agent.survey.survey(),
          agent.datastore.observe('node-a'),
          agent.writerLease.read(),
          agent.datastore.poolUsage(['10.1.0.0/16']),
        ]);
        await several.close();
      }
    });

    it('are tried until one answers, which is asked first from then on', async () => {
      proxy.swallow(true);
      const dead = await startCuttingProxy(1);
      const deadPort = dead.port;
      await dead.close();
      const several = await openSharedEtcd(etcd, {
        endpoints: [
          `http://127.0.0.1:${String(deadPort)}`,
          `http://127.0.0.1:${String(proxy.port)}`,
          etcd.endpoint,
        ],
        timeoutSeconds: 3,
      });
      try {
        const agent = several.connect('node-a');
        expect((await agent.datastore.observe('node-a')).nodes[0]).not.to.have.property('exists');
        const began = performance.now();
        await agent.datastore.apply(stepOf([create(peerOf('x'))]), revision, await held(agent));
        expect(performance.now() - began).to.be.lessThan(1000);
        const findings = await agent.diagnosis.diagnose();
        const servers = findings.filter(({ check }) => check.startsWith('etcd at'));
        expect(servers.map(({ result }) => result)).to.deep.equal(['warning', 'warning', 'ok']);
      } finally {
        await several.close();
      }
    });
  });
});

function nameOf(change: Change): string {
  if (change.action === 'patch-node') return change.node;
  return change.action === 'create' ? change.resource.metadata.name : change.before.metadata.name;
}

interface Cuts {
  readonly way: Cut['way'];
  /** How often each write is cut before one passes. */
  readonly perWrite: number;
  /** Roughly the bytes of a change: the cuts are spread over them. */
  readonly within: number;
}

/** A failed read is repeated, as the agent does, but not for ever. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof AppError) || !error.retryable || attempt === 10) throw error;
    }
  }
}

async function leases(etcd: RunningEtcd): Promise<readonly string[]> {
  const text = await etcd.etcdctl('lease', 'list');
  return text.split('\n').filter((line) => /^[0-9a-f]+$/.test(line));
}
