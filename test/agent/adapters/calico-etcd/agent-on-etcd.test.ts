/** The whole agent over a real etcd: what its status says, and when. */
import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../../../agent/adapters/system-clock/system-clock.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { Clock } from '../../../../agent/ports/clock.ts';
import type { EtcdDatastore } from '../../../../schemas/generated/agent-config.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agent-on.ts';
import { eventually } from '../../../support/eventually.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../../../support/etcd.ts';
import { createManualClock } from '../../../support/twins/manual-clock.ts';
import { openSharedEtcd, putClusterInformation, type SharedEtcd } from './shared-etcd.ts';

const as65001 = 'global-as-number: 65001\nnode-to-node-mesh: true\n';
const configuration = '/calico/resources/v3/projectcalico.org/bgpconfigurations/default';

describe('the agent on etcd', function () {
  this.timeout(60_000);
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
    const connection = store.connect('node-a');
    const node = { name: 'node-a', addresses: ['10.0.0.11/24'] };
    const { datastore } = connection;
    agent = agentOn({ folder, datastore, connection, clock, settings: { node } });
    await agent.start();
  };
  const offer = async (): Promise<void> => {
    const outcome = await agent.offer(localOffer(as65001));
    if (outcome.result === 'refused') throw new Error(outcome.message);
  };

  it('waits where Calico never used it, writes nothing, and goes on once Calico has', async () => {
    const clock = createManualClock();
    await start(clock);
    await offer();
    const { message } = await statusWhen(agent, ({ message: text }) =>
      text.includes('requireCalico'),
    );
    expect(message).to.contain('Calico has left nothing in this etcd').and.contain('requireCalico');
    expect(await etcd.keys('/calico/')).to.have.length(2);
    const planned = await agent.plan();
    expect(planned.ok && planned.plan.issues.map(({ code }) => code)).to.deep.equal([
      'calico-absent',
    ]);
    await putClusterInformation(etcd);
    await eventually(() => {
      clock.advance(20_000);
      expect(inForce(1)(agent.status())).to.equal(true);
    }, 20_000);
    expect(await etcd.get(configuration)).to.have.nested.property('spec.asNumber', 65001);
  });

  it('writes all the same where agent.yaml says so', async () => {
    await start(systemClock, { requireCalico: false });
    await offer();
    await statusWhen(agent, inForce(1));
    expect(await etcd.get(configuration)).to.have.nested.property('spec.asNumber', 65001);
  });

  it('says within seconds that etcd is away, and that it is back', async () => {
    await start(systemClock, { requireCalico: false });
    await offer();
    await statusWhen(agent, inForce(1));
    await etcd.kill();
    const { message } = await statusWhen(agent, ({ state }) => state === 'failed');
    expect(message).to.contain(`${etcd.endpoint} (nobody listens there)`);
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
    await putClusterInformation(etcd);
    await statusWhen(agent, inForce(1));
    expect(await etcd.get(configuration)).to.have.nested.property('spec.asNumber', 65001);
  });

  it('notices drift within seconds after a snapshot was restored', async () => {
    await start(systemClock, { requireCalico: false });
    const snapshot = path.join(etcd.folder, 'snapshot');
    await etcd.etcdctl('snapshot', 'save', snapshot);
    await offer();
    await statusWhen(agent, inForce(1));
    await etcd.restore(snapshot);
    const restored = Date.now();
    await statusWhen(agent, ({ state }) => state === 'applying');
    await statusWhen(agent, inForce(1));
    expect(await etcd.get(configuration)).to.have.nested.property('spec.asNumber', 65001);
    expect(Date.now() - restored).to.be.lessThan(30_000);
  });
});
