import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunningAgent } from '../../../agent/app/create-agent.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../support/agent-on.ts';
import { createManualClock, type ManualClock } from '../../support/twins/manual-clock.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../support/twins/memory-datastore.ts';
import { createMemoryShare, type MemoryShare } from '../../support/twins/memory-share.ts';

const as65001 = 'global-as-number: 65001\nnode-to-node-mesh: true\n';
const as65002 = 'global-as-number: 65002\nnode-to-node-mesh: true\n';
const ownNumbers = 'global-as-number: 65001\nunit-as-numbers: {0: 65010, 1: 65011}\n';

describe('agents that share a cluster', () => {
  let folder: string;
  let datastore: MemoryDatastore;
  let share: MemoryShare;
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
      share: share.connect(name),
      clock,
      settings: { node: leader === undefined ? node : { ...node, leader } },
    });
    agents.push(agent);
    await agent.start();
    return agent;
  };
  const offer = async (agent: RunningAgent, text: string, changes = {}): Promise<void> => {
    const lineage = `local:${agent.facts().name}`;
    const outcome = await agent.offer(localOffer(text, { lineage, ...changes }));
    if (outcome.result === 'refused') throw new Error(outcome.message);
  };
  const awaiting = ({ state }: AgentStatus): boolean => state === 'awaiting-share';
  const clusterAsNumber = (): unknown => {
    const configuration = datastore.contents()['BGPConfiguration/default'];
    return Reflect.get(Object(Reflect.get(Object(configuration), 'spec')), 'asNumber');
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-share-'));
    datastore = createMemoryDatastore();
    share = createMemoryShare();
    clocks = [];
  });
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.stop()));
    await rm(folder, { recursive: true });
  });

  it('write each node’s own, and one of them what holds for all', async () => {
    const [first, second] = [await start(0), await start(1)];
    share.giveTo('node-9');
    await offer(first, ownNumbers);
    await offer(second, ownNumbers);
    await statusWhen(first, awaiting);
    await statusWhen(second, awaiting);
    expect(clusterAsNumber()).to.equal(undefined);
    share.giveTo(undefined);
    await Promise.all(clocks.map((clock) => clock.passNext()));
    await statusWhen(first, inForce(1));
    await statusWhen(second, inForce(1));
    expect(datastore.contents()).to.have.property('Node/node-0').that.includes({ asNumber: 65010 });
    expect(datastore.contents()).to.have.property('Node/node-1').that.includes({ asNumber: 65011 });
    const created = datastore.log.filter((line) => line.includes('BGPConfiguration'));
    expect(created).to.deep.equal(['create BGPConfiguration/default']);
  });

  it('say who writes while they wait, and finish by themselves once it is written', async () => {
    const agent = await start(0);
    share.giveTo('node-9');
    await offer(agent, as65001);
    const status = await statusWhen(agent, awaiting);
    expect(status.message).to.include('the agent of node "node-9" is writing');
    share.giveTo(undefined);
    await clocks[0]?.passNext();
    await statusWhen(agent, inForce(1));
    expect(clusterAsNumber()).to.equal(65001);
  });

  it('leave what a newer configuration wrote, though they still have an older one', async () => {
    const [first, second] = [await start(0), await start(1)];
    const pushed = { source: 'controller', lineage: 'controller:c', number: 5 } as const;
    await offer(first, as65001, pushed);
    await statusWhen(first, ({ state }) => state === 'in-force');
    await offer(second, as65002, { ...pushed, number: 6 });
    await statusWhen(second, ({ state }) => state === 'in-force');
    await clocks[0]?.passNext();
    const status = await statusWhen(first, awaiting);
    expect(status.message).to.include('revision 6 of "controller:c"');
    expect(clusterAsNumber()).to.equal(65002);
    expect(status.clusterShare).to.deep.include({ by: 'node-1' });
  });

  it('take the configuration that somebody applied last, on whichever node', async () => {
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

  it('do not write what holds for all where Juju has another leader', async () => {
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

  it('plan anew when the share is taken from them in the middle of a change', async () => {
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

  it('stop writing while one of them holds the cluster, and say who and why', async () => {
    const [first, second] = [await start(0), await start(1)];
    await first.hold({ scope: 'cluster', by: 'ann', why: 'replacing rack 3' });
    await offer(second, as65001);
    const status = await statusWhen(second, ({ state }) => state === 'held');
    expect(status.message).to.include('ann').and.include('replacing rack 3');
    expect(status.hold).to.deep.include({ scope: 'cluster', by: 'ann' });
    expect(datastore.log).to.deep.equal([]);
    await second.releaseHold('cluster');
    await statusWhen(second, inForce(1));
    expect(clusterAsNumber()).to.equal(65001);
  });
});
