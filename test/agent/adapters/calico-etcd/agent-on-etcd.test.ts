/** The whole agent over a real etcd: the content of its status, and when it changes. */
import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../../../agent/adapters/system-clock/system-clock.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { Clock } from '../../../../agent/ports/clock.ts';
import type { EtcdDatastore } from '../../../../schemas/generated/agent-config.ts';
import { putConfig } from '../../../../agent/api/config/config.ts';
import { createWaitSlots } from '../../../../runtime/http/request/wait-slots.ts';
import type { HttpRequest } from '../../../../runtime/http/route.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { eventually } from '../../../support/eventually.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../../../support/servers/etcd.ts';
import { createManualClock } from '../../../support/clocks/manual-clock.ts';
import {
  nodeDocument,
  openSharedEtcd,
  putClusterInformation,
  type SharedEtcd,
} from './shared-etcd.ts';

const as65001 = 'global-as-number: 65001\nnode-to-node-mesh: true\n';
const ofSubnet = `${as65001}subnet-as-numbers: {10.0.0.0/24: 65010}\nsubnet-bgp-peers: {10.0.0.0/24: [{address: 10.0.0.1, as-number: 65100}]}\n`;
const ownNode = '/calico/resources/v3/projectcalico.org/nodes/node-a';
const peers = '/calico/resources/v3/projectcalico.org/bgppeers/';
const withPeer =
  'global-as-number: 65001\nglobal-bgp-peers: |\n  - address: 10.0.0.254\n    as-number: 65100\n';
const configuration = '/calico/resources/v3/projectcalico.org/bgpconfigurations/default';

function waitingRequest(body: string): HttpRequest {
  return {
    access: 'write',
    parameters: {},
    query: new URLSearchParams({ wait: '10' }),
    headers: {},
    body,
    mediaType: 'application/yaml',
    signal: new AbortController().signal,
    caller: () => Promise.resolve(undefined),
  };
}

describe('the agent on etcd', function () {
  this.timeout(180_000);
  let folder: string;
  let etcd: RunningEtcd;
  let store: SharedEtcd;
  let agent: RunningAgent;
  before(function () {
    needsEtcd(this);
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-on-etcd-'));
    etcd = await startEtcd();
  });
  afterEach(async () => {
    await agent.stop();
    await store.close();
    await etcd.stop();
    await rm(folder, { recursive: true });
  });

  const start = async (
    clock: Clock,
    settings: Omit<EtcdDatastore, 'driver'> = {},
  ): Promise<void> => {
    store = await openSharedEtcd(etcd, { timeoutSeconds: 2, ...settings });
    // This node has no agent, and each change would wait for it.
    await store.remove('Node', 'node-b');
    const connection = store.connect('node-a');
    const node = { name: 'node-a', addresses: ['10.0.0.11/24'] };
    const { datastore } = connection;
    // Within the time of a test only the watch can notice a change.
    const agentSettings = { node, reconcileSeconds: 3600 };
    agent = agentOn({ folder, datastore, connection, clock, settings: agentSettings });
    await agent.start();
  };
  const offer = async (text = as65001): Promise<void> => {
    const outcome = await agent.offers.offer(localOffer(text));
    if (outcome.result === 'refused') throw new Error(outcome.message);
  };

  it('waits until Calico has initialised etcd, and writes nothing before', async () => {
    const clock = createManualClock();
    await start(clock);
    await offer();
    const { message } = await statusWhen(agent, ({ message: text }) =>
      text.includes('requireCalico'),
    );
    expect(message).to.contain('this etcd has no data of Calico').and.contain('requireCalico');
    expect(await etcd.keys('/calico/')).to.have.length(1);
    const planned = await agent.offers.plan();
    expect(planned.ok && planned.plan.issues.map(({ code }) => code)).to.deep.equal([
      'calico-absent',
    ]);
    await putClusterInformation(etcd);
    await eventually(() => {
      clock.advance(20_000);
      expect(inForce(1)(agent.readings.status())).to.equal(true);
    });
    expect(await etcd.get(configuration)).to.have.nested.property('spec.asNumber', 65001);
  });

  it('writes without waiting when agent.yaml says so', async () => {
    await start(systemClock, { requireCalico: false });
    await offer();
    await statusWhen(agent, inForce(1));
    expect(await etcd.get(configuration)).to.have.nested.property('spec.asNumber', 65001);
  });

  it('waits and names the key while it cannot read its own Node, and goes on afterwards', async () => {
    await start(systemClock, { requireCalico: false });
    await etcd.put(ownNode, `${'['.repeat(5000)}${']'.repeat(5000)}`);
    await agent.offers.offer(localOffer(ofSubnet));
    const { message, needsPerson } = await statusWhen(agent, ({ state }) => state === 'waiting');
    expect(message).to.contain('cannot read Node "node-a"').and.contain(`etcdctl get '${ownNode}'`);
    expect(needsPerson).to.equal(true);
    expect(await etcd.get(configuration)).to.have.nested.property('spec.asNumber', 65001);
    await store.put(nodeDocument('node-a', '10.0.0.11/24'));
    await statusWhen(agent, inForce(1));
  });

  const oddNodes: readonly (readonly [string, unknown])[] = [
    ['text', 'garbage'],
    ['another kind', { kind: 'BGPPeer', metadata: { name: 'node-a' }, spec: {} }],
    ['another name', { kind: 'Node', metadata: { name: 'node-z' }, spec: {} }],
    ['a spec that is a text', { kind: 'Node', metadata: { name: 'node-a' }, spec: 'x' }],
  ];
  for (const [what, value] of oddNodes) {
    it(`names its own Node in the plan, and does not patch it, when that is ${what}`, async () => {
      await start(systemClock, { requireCalico: false });
      await etcd.put(ownNode, value);
      const planned = await agent.offers.plan(ofSubnet);
      const issues = planned.ok ? planned.plan.issues : [];
      expect(issues.map(({ code }) => code)).to.deep.equal([
        'node-unreadable',
        // 65001 instead of the number that Calico's nodes have without a setting.
        'loss-as-number',
      ]);
      expect(issues[0]?.hint).to.contain(ownNode);
      const steps = planned.ok ? planned.plan.steps : [];
      const actions = steps.flatMap(({ changes }) => changes.map(({ action }) => action));
      expect(actions).to.include('create').and.not.include('patch-node');
    });
  }

  it('names unreadable objects in the plan, and brings the revision into force', async () => {
    await start(systemClock, { requireCalico: false });
    const odd = `${peers}odd`;
    const deep = '{"a":'.repeat(5000) + '1' + '}'.repeat(5000);
    await etcd.put(`${peers}deep`, deep);
    await etcd.put(odd, { apiVersion: 'projectcalico.org/v3', kind: 'IPPool', metadata: {} });
    await etcd.put(`${peers}sound`, {
      apiVersion: 'projectcalico.org/v3',
      kind: 'BGPPeer',
      metadata: { name: 'sound' },
      spec: { peerSelector: 'all()' },
    });
    await offer();
    await statusWhen(agent, inForce(1));
    const planned = await agent.offers.plan();
    const issues = planned.ok ? planned.plan.issues : [];
    expect(issues.map(({ code, severity }) => `${severity} ${code}`)).to.deep.equal([
      'warning object-unreadable',
      'warning object-unreadable',
    ]);
    expect(issues[0]?.message).to.contain('BGPPeer "deep"').and.contain('nested too deep');
    expect(issues[1]?.message).to.contain('BGPPeer "odd"');
    expect(issues[1]?.hint).to.contain(`etcdctl get '${odd}'`);
    const shown = agent.readings.status().issues.filter(({ code }) => code === 'object-unreadable');
    expect(shown).to.deep.equal(issues);
    const answer = await putConfig(agent, waitingRequest(withPeer), createWaitSlots(1));
    const { ended, issues: told } = JSON.parse(String(answer.body));
    expect(ended).to.deep.equal({ result: 'confirmed' });
    expect(told).to.deep.include.members(shown);
  });

  it('reports within seconds that etcd is away, and that it is back', async () => {
    await start(systemClock, { requireCalico: false });
    await offer();
    await statusWhen(agent, inForce(1));
    await etcd.kill();
    const { message } = await statusWhen(agent, ({ state }) => state === 'failed');
    expect(message).to.contain(`${etcd.endpoint} (no program listens there)`);
    await etcd.restart();
    await statusWhen(agent, inForce(1));
  });

  it('notices that etcd was wiped, and writes again once Calico is back', async () => {
    await start(systemClock);
    await putClusterInformation(etcd);
    await offer();
    await statusWhen(agent, inForce(1));
    await etcd.wipe();
    await statusWhen(agent, ({ state }) => state === 'waiting');
    // calico-node makes both when it starts again.
    await putClusterInformation(etcd);
    await store.put(nodeDocument('node-a', '10.0.0.11/24'));
    await statusWhen(agent, inForce(1));
    expect(await etcd.get(configuration)).to.have.nested.property('spec.asNumber', 65001);
  });

  it('notices drift within seconds after a snapshot was restored', async () => {
    await start(systemClock, { requireCalico: false });
    const snapshot = path.join(etcd.folder, 'snapshot');
    await etcd.etcdctl('snapshot', 'save', snapshot);
    await offer();
    await statusWhen(agent, inForce(1));
    // A fresh read from now on: on a quiet machine it may be over before etcd is ready.
    const applying = statusWhen(agent, ({ state }) => state === 'applying');
    await etcd.restore(snapshot);
    const restored = Date.now();
    await applying;
    await statusWhen(agent, inForce(1));
    expect(await etcd.get(configuration)).to.have.nested.property('spec.asNumber', 65001);
    expect(Date.now() - restored).to.be.lessThan(90_000);
  });

  it('notices within seconds that its Node was deleted, and that it is back', async () => {
    await start(systemClock, { requireCalico: false });
    await offer(withPeer);
    await statusWhen(agent, inForce(1));
    await store.remove('Node', 'node-a');
    const { message } = await statusWhen(agent, ({ state }) => state === 'waiting');
    expect(message).to.contain('node-a');
    await store.put(nodeDocument('node-a', '10.0.0.11/24'));
    await statusWhen(agent, inForce(1));
  });

  it('shows within seconds that another agent holds the whole cluster, and that the hold ended', async () => {
    await start(systemClock, { requireCalico: false });
    await offer();
    await statusWhen(agent, inForce(1));
    const { writerLease: lease } = store.connect('node-b');
    await lease.setHold({ by: 'ann', why: 'a switch is replaced', since: '2026-01-01T03:00:00Z' });
    const { hold } = await statusWhen(agent, (status) => status.hold !== undefined);
    expect(hold).to.deep.include({ scope: 'cluster', by: 'ann', why: 'a switch is replaced' });
    await lease.setHold(undefined);
    await statusWhen(agent, (status) => status.hold === undefined);
  });
});
