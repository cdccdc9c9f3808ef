import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';
import {
  createMemoryWriterLease,
  type MemoryWriterLease,
} from '../../../support/twins/memory-writer-lease.ts';

const as65001 = 'global-as-number: 65001\nnode-to-node-mesh: true\n';
const as65002 = 'global-as-number: 65002\nnode-to-node-mesh: true\n';
const ownNumbers = 'global-as-number: 65001\nunit-as-numbers: {0: 65010, 1: 65011}\n';

describe('agents that share a cluster', () => {
  let folder: string;
  let datastore: MemoryDatastore;
  let lease: MemoryWriterLease;
  let clocks: ManualClock[];
  const agents: RunningAgent[] = [];

  const start = async (unit: number, leader?: boolean): Promise<RunningAgent> => {
    const name = `node-${String(unit)}`;
    const clock = createManualClock();
    clocks.push(clock);
    const node = {
      name,
      units: [`calico/${String(unit)}`],
      addresses: [`10.0.0.${String(unit + 2)}/24`],
    };
    const agent = agentOn({
      folder: path.join(folder, name),
      datastore,
      lease: lease.connect(name),
      clock,
      settings: { node: leader === undefined ? node : { ...node, leader } },
    });
    agents.push(agent);
    await agent.start();
    return agent;
  };
  const offer = async (agent: RunningAgent, text: string, changes = {}): Promise<void> => {
    const lineage = `local:${agent.readings.facts().name}`;
    const outcome = await agent.offers.offer(localOffer(text, { lineage, ...changes }));
    if (outcome.result === 'refused') throw new Error(outcome.message);
  };
  const awaiting = ({ state }: AgentStatus): boolean => state === 'awaiting-writer';
  const edit = (asNumber: number): void => {
    datastore.put({
      apiVersion: 'projectcalico.org/v3',
      kind: 'BGPConfiguration',
      metadata: {
        name: 'default',
        labels: { 'app.kubernetes.io/managed-by': 'calico-agent' },
        annotations: { 'calico-agent/share': 'cluster', 'calico-agent/revision': 'local:node-0#1' },
      },
      spec: { asNumber, nodeToNodeMeshEnabled: true },
    });
  };
  const clusterAsNumber = (): unknown => {
    const configuration = datastore.contents()['BGPConfiguration/default'];
    return Reflect.get(Object(Reflect.get(Object(configuration), 'spec')), 'asNumber');
  };

  /**
   * Runs the timers of the next seconds; the minutes in which corrections are counted do not pass.
   */
  const passSoon = (clock: ManualClock): void => {
    const soon = clock.waiting().filter((milliseconds) => milliseconds <= 20_000);
    if (soon.length > 0) clock.advance(Math.min(...soon));
  };
  const passUntilInForce = async (agent: RunningAgent, clock?: ManualClock): Promise<void> => {
    while (!inForce(1)(agent.readings.status())) await clock?.passNext();
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-scope-'));
    datastore = createMemoryDatastore();
    lease = createMemoryWriterLease();
    clocks = [];
  });
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.stop()));
    await rm(folder, { recursive: true });
  });

  it('write their own nodes, and one of them the cluster-wide resources', async () => {
    const [first, second] = [await start(0), await start(1)];
    lease.giveTo('node-9');
    await offer(first, ownNumbers);
    await offer(second, ownNumbers);
    await statusWhen(first, awaiting);
    await statusWhen(second, awaiting);
    expect(clusterAsNumber()).to.equal(undefined);
    lease.giveTo(undefined);
    await Promise.all([passUntilInForce(first, clocks[0]), passUntilInForce(second, clocks[1])]);
    expect(datastore.contents()).to.have.property('Node/node-0').that.includes({ asNumber: 65010 });
    expect(datastore.contents()).to.have.property('Node/node-1').that.includes({ asNumber: 65011 });
    const created = datastore.log.filter((line) => line.includes('BGPConfiguration'));
    // An agent that planned before the other one wrote may write the same again after it.
    expect([...new Set(created)]).to.deep.equal(['create BGPConfiguration/default']);
  });

  it('report for a correction what is left, and which agent writes it', async () => {
    const agent = await start(0);
    await offer(agent, as65001);
    await statusWhen(agent, inForce(1));
    lease.giveTo('node-9');
    edit(64999);
    const correction = await agent.operations.correctDrift();
    expect(correction.left.map(({ path: field }) => field)).to.deep.equal(['spec.asNumber']);
    expect(correction.why).to.include('the agent of node "node-9" is writing');
    expect(clusterAsNumber()).to.equal(64999);
    lease.giveTo(undefined);
    expect(await agent.operations.correctDrift()).to.deep.equal({ left: [] });
    expect(clusterAsNumber()).to.equal(65001);
  });

  it('name the writer while they wait, and finish by themselves once it has written', async () => {
    const agent = await start(0);
    lease.giveTo('node-9');
    await offer(agent, as65001);
    const status = await statusWhen(agent, awaiting);
    expect(status.message).to.include('the agent of node "node-9" is writing');
    lease.giveTo(undefined);
    await clocks[0]?.passNext();
    await statusWhen(agent, inForce(1));
    expect(clusterAsNumber()).to.equal(65001);
  });

  it('keep the writes of a newer configuration while they still have an older one', async () => {
    const [first, second] = [await start(0), await start(1)];
    const pushed = { source: 'controller', lineage: 'controller:c', number: 5 } as const;
    await offer(first, as65001, pushed);
    await statusWhen(first, ({ state }) => state === 'in-force');
    await offer(second, as65002, { ...pushed, number: 6 });
    await statusWhen(second, ({ state }) => state === 'in-force');
    await clocks[0]?.passNext();
    const status = await statusWhen(first, awaiting);
    expect(status.message).to.include('revision controller:c#6');
    expect(clusterAsNumber()).to.equal(65002);
    expect(status.clusterWriter).to.deep.include({ by: 'node-1' });
  });

  it('take the configuration that somebody applied last, on any node', async () => {
    const [first, second] = [await start(0), await start(1)];
    await offer(first, as65001);
    await statusWhen(first, inForce(1));
    await offer(second, as65002);
    await statusWhen(second, inForce(1));
    expect(clusterAsNumber()).to.equal(65002);
    await clocks[0]?.passNext();
    const status = await statusWhen(first, awaiting);
    expect(status.message).to.include('--take-over');
    await offer(first, as65001, { takeOver: true });
    await statusWhen(first, inForce(1));
    expect(clusterAsNumber()).to.equal(65001);
  });

  it('record a greater number of the same content, against an agent that returns with a number in between', async () => {
    const [first, second] = [await start(0), await start(1)];
    const pushed = { source: 'controller', lineage: 'controller:c' } as const;
    await offer(first, as65001, { ...pushed, number: 5 });
    await statusWhen(first, ({ state }) => state === 'in-force');
    await offer(first, as65001, { ...pushed, number: 7 });
    await statusWhen(first, inForce(7));
    while (lease.record()?.revision?.number !== 7) await clocks[0]?.passNext();
    await offer(second, as65002, { ...pushed, number: 6 });
    const status = await statusWhen(second, awaiting);
    expect(status.message).to.include('revision controller:c#7');
    expect(clusterAsNumber()).to.equal(65001);
  });

  it('record nothing for a configuration that the datastore refuses beforehand', async () => {
    const [first, second] = [await start(0), await start(1)];
    await offer(first, as65001);
    await statusWhen(first, inForce(1));
    const before = lease.record();
    const message = 'the server refuses it';
    datastore.meddle.preflight = () => [
      { severity: 'error', code: 'server-refuses', pointer: '', message },
    ];
    await offer(first, as65002);
    await statusWhen(first, ({ revisions }) => revisions.rejected.length === 1);
    expect(lease.record()).to.deep.equal(before);
    datastore.meddle.preflight = () => [];
    await offer(second, as65001);
    await statusWhen(second, inForce(1));
  });

  it('do not correct each other’s corrections without end', async () => {
    const [first, second] = [await start(0), await start(1)];
    await offer(first, as65001);
    await statusWhen(first, inForce(1));
    await offer(second, as65001);
    await statusWhen(second, inForce(1));
    let rounds = 0;
    const drifted = (agent: RunningAgent): boolean => agent.readings.status().state === 'drifted';
    while (!drifted(first) || !drifted(second)) {
      const rests = agents.every((agent) => agent.readings.status().state === 'in-force');
      if (rests && clusterAsNumber() === 65001) {
        rounds += 1;
        edit(64000 + rounds);
      }
      for (const clock of clocks) passSoon(clock);
      await new Promise((resolve) => setImmediate(resolve));
      expect(rounds).to.be.lessThan(7);
    }
    expect(first.readings.status().message).to.contain('corrected 5 times within 10 minutes');
  });

  it('do not write cluster-wide resources when Juju has another leader', async () => {
    const [leader, follower] = [await start(0, true), await start(1, false)];
    await offer(follower, as65001);
    const status = await statusWhen(follower, awaiting);
    expect(status.message).to.include('leader');
    expect(datastore.log).to.deep.equal([]);
    await offer(leader, as65001);
    await statusWhen(leader, inForce(1));
    await clocks[1]?.passNext();
    await statusWhen(follower, inForce(1));
  });

  it('plan anew when they lose the writer lease in the middle of a change', async () => {
    const agent = await start(0);
    const lost = new Promise<void>((resolve) => {
      datastore.meddle.isFenced = () => {
        datastore.meddle.isFenced = () => false;
        resolve();
        return true;
      };
    });
    await offer(agent, as65001);
    await lost;
    await clocks[0]?.passNext();
    await statusWhen(agent, inForce(1));
    expect(datastore.log).to.deep.equal(['create BGPConfiguration/default']);
  });

  it('stop writing while one of them holds the cluster, and name the person and the reason', async () => {
    const [first, second] = [await start(0), await start(1)];
    await first.operations.hold({ scope: 'cluster', by: 'ann', why: 'replacing rack 3' });
    await offer(second, as65001);
    const status = await statusWhen(second, ({ state }) => state === 'held');
    expect(status.message).to.include('ann').and.include('replacing rack 3');
    expect(status.hold).to.deep.include({ scope: 'cluster', by: 'ann' });
    expect(datastore.log).to.deep.equal([]);
    await second.operations.releaseHold('cluster');
    await statusWhen(second, inForce(1));
    expect(clusterAsNumber()).to.equal(65001);
  });
});
