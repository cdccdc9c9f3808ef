/** The agent over a machine whose addresses come and go. */
import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import { statusOfAgent } from '../../../../core/juju/unit-status.ts';
import type { HostAddress } from '../../../../core/facts/addresses/host-address.ts';
import type { SurveyedNode } from '../../../../core/survey/surveyed-cluster.ts';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';
import { createMemoryWriterLease } from '../../../support/twins/memory-writer-lease.ts';

const config = JSON.stringify({
  apiVersion: 'calico-agent/v1',
  kind: 'NetworkConfig',
  bgp: { asNumber: 64512, nodeToNodeMesh: false },
  groups: [
    {
      name: 'rack-1',
      match: { subnets: ['10.20.0.0/24'] },
      asNumber: 64601,
      peers: [{ address: '10.20.0.1', asNumber: 64601 }],
    },
    {
      name: 'rack-2',
      match: { subnets: ['10.30.0.0/24'] },
      asNumber: 64602,
      peers: [{ address: '10.30.0.1', asNumber: 64602 }],
    },
  ],
});

const on = (address: string, prefixLength = 24): HostAddress => ({
  family: 4,
  address,
  prefixLength,
  interface: 'eth0',
  defaultRoute: true,
});

const nodeAt = (address: string): SurveyedNode => ({
  name: 'node-0',
  settings: { groupLabels: [] },
  addresses: [on(address)],
  labels: {},
});

describe("a node's address", () => {
  let folder: string;
  let clock: ManualClock;
  let datastore: MemoryDatastore;
  let lease: ReturnType<typeof createMemoryWriterLease>;
  let host: readonly HostAddress[];
  let calico: SurveyedNode | undefined;
  let running: RunningAgent;
  const lines: string[] = [];

  const start = async (): Promise<void> => {
    const log = (line: string): void => void lines.push(line);
    const logger = { error: log, warn: log, info: log, debug: log };
    running = agentOn({
      folder,
      datastore,
      connection: {
        datastore,
        writerLease: lease.connect('node-0'),
        survey: {
          survey: async () => ({
            ...(await datastore.observe('node-0')),
            nodes: calico === undefined ? [] : [calico],
            documents: [],
            blocks: [],
          }),
          findNode: () => Promise.resolve(calico),
          removeNode: () => Promise.resolve(),
        },
        diagnosis: { diagnose: () => Promise.resolve([]) },
      },
      settings: { node: { name: 'node-0' }, reconcileSeconds: 600 },
      clock,
      logger,
      detected: () => ({ host }),
    });
    await running.start();
  };
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-addresses-'));
    clock = createManualClock();
    datastore = createMemoryDatastore();
    lease = createMemoryWriterLease();
    lines.length = 0;
    calico = undefined;
    host = [on('10.20.0.90')];
    await start();
    await running.offers.offer(localOffer(config));
    await statusWhen(running, inForce(1));
  });
  afterEach(async () => {
    await running.stop();
    await rm(folder, { recursive: true });
  });

  /** Moves the clock by that much, and waits for a full reading and its status. */
  const after = async (seconds: number): Promise<AgentStatus> => {
    clock.advance(seconds * 1000);
    // A task runs between two passes, and another pass follows it.
    await running.operations
      .hold({ scope: 'agent', by: 'test', why: 'a pass' })
      .then(() => running.operations.releaseHold('agent'));
    await passed();
    return running.readings.status();
  };
  const passed = async (): Promise<void> => {
    while (running.underWay() !== undefined) await new Promise((resolve) => setImmediate(resolve));
  };
  const number = (): number | undefined => running.readings.status().resolved?.asNumber;
  const addresses = (): readonly string[] =>
    running.readings.facts().addresses.map(({ address }) => address);

  it('stays when keepalived adds a virtual one, also when Juju names only that one', async () => {
    const writes = datastore.log.length;
    host = [on('10.199.0.5', 32), on('10.20.0.90'), on('10.20.0.5')];
    await running.facts.putBoundAddresses(['10.20.0.5/24', '10.199.0.5/32']);
    const status = await after(600);
    expect([status.state, number(), ...addresses()]).to.deep.equal([
      'in-force',
      64601,
      '10.20.0.90',
    ]);
    expect(datastore.log).to.have.length(writes);
  });

  it('is awaited while the machine has none, and the agent writes nothing', async () => {
    const writes = datastore.log.length;
    host = [];
    const status = await after(9999);
    expect(status.state).to.equal('waiting');
    expect(status.message).to.include('this node has no address: 10.20.0.90/24 is gone');
    expect([status.resolved?.asNumber, ...addresses()]).to.deep.equal([64601, '10.20.0.90']);
    expect(datastore.log).to.have.length(writes);
    host = [on('10.20.0.90')];
    expect((await after(1)).state).to.equal('in-force');
  });

  it('can be in doubt: then the agent shows a hold of the whole cluster, and clients of this unit learn why they wait', async () => {
    host = [];
    await running.facts.put({ leader: true });
    await after(1);
    const other = lease.connect('node-1');
    await other.setHold({ by: 'alice', why: 'new routers', since: '2026-01-01T00:00:00Z' });
    await after(60);
    const status = running.readings.status();
    expect([status.state, status.hold?.why, status.hold?.scope]).to.deep.equal([
      'waiting',
      'new routers',
      'cluster',
    ]);
    expect(status.message).to.include('what holds for all nodes waits as well');
    const unit = statusOfAgent(status);
    expect(unit.word).to.equal('waiting');
    expect(unit.message).to.match(/new routers \(action release-hold, cluster=true\)$/);
  });

  it('is known before the start, while DHCP has not assigned it yet', async () => {
    const writes = datastore.log.length;
    await running.stop();
    host = [{ ...on('192.168.7.0', 32), interface: 'tunl0', defaultRoute: false }];
    await start();
    await running.readings.firstPass();
    await passed();
    expect(running.readings.status().state).to.equal('waiting');
    expect(addresses()).to.deep.equal(['10.20.0.90']);
    host = [on('10.20.0.90')];
    expect((await after(1)).state).to.equal('in-force');
    expect(datastore.log).to.have.length(writes);
    expect(lines.join('\n')).not.to.include('somebody else changed');
  });

  it('changes to a lasting one of another configured subnet, and the agent reports both', async () => {
    host = [on('10.30.0.90')];
    const early = await after(1);
    expect(early.state).to.equal('waiting');
    expect(early.message).to.include(
      'address changes: 10.20.0.90/24 → 10.30.0.90/24; it counts if it stays for another 60 s (with it AS number 64601 → 64602, 1 of 1 peers would go)',
    );
    expect(number()).to.equal(64601);
    expect((await after(30)).state).to.equal('waiting');
    expect((await after(30)).state).to.equal('in-force');
    expect(number()).to.equal(64602);
    expect(lines).to.include("this node's addresses changed: 10.20.0.90/24 → 10.30.0.90/24");
  });

  it('does not lose the AS number of its subnet by itself, and the agent says what to do', async () => {
    host = [on('172.16.0.9')];
    await after(1);
    const status = await after(3600);
    expect([status.state, status.needsPerson, number()]).to.deep.equal(['waiting', true, 64601]);
    expect(status.message).to.include(
      '10.20.0.90/24 → 172.16.0.9/24 (with it AS number 64601 → 64512, 1 of 1 peers would go); what is in force stays',
    );
    expect(status.message).to.include('node.addresses in agent.yaml');
    const settings = {
      node: { name: 'node-0', addresses: ['172.16.0.9/24'] },
      reconcileSeconds: 600,
    };
    await running.reconfigure(settings, []);
    await passed();
    expect(running.readings.status().message).to.include(
      'is in force, but the mesh is off and this node has no peer',
    );
    expect(number()).to.equal(64512);
  });

  it('is only of the families that Juju names, if Juju names any', async () => {
    const ipv6 = { family: 6, address: 'fd00::90', prefixLength: 64, interface: 'eth1' } as const;
    host = [on('10.20.0.90'), ipv6];
    await after(1);
    expect(addresses()).to.deep.equal(['10.20.0.90', 'fd00::90']);
    await running.facts.putBoundAddresses(['10.20.0.90/24']);
    await after(1);
    expect(addresses()).to.deep.equal(['10.20.0.90']);
  });

  it("waits for Calico's Node to follow: a virtual address of another rack is not a new one", async () => {
    calico = nodeAt('10.20.0.90');
    await after(1);
    host = [on('10.30.0.5')];
    await after(1);
    const status = await after(3600);
    expect([status.state, status.needsPerson, number()]).to.deep.equal([
      'waiting',
      undefined,
      64601,
    ]);
    expect(status.message).to.include('Calico\'s Node "node-0" still has 10.20.0.90/24');
    calico = nodeAt('10.30.0.5');
    expect((await after(1)).state).to.equal('in-force');
    expect(number()).to.equal(64602);
  });

  it("is that of Calico's Node when this machine has it", async () => {
    host = [on('10.20.0.90'), on('10.20.0.91')];
    calico = nodeAt('10.20.0.91');
    await after(1);
    await after(61);
    expect(addresses()).to.deep.equal(['10.20.0.91']);
  });
});

describe('a node without known facts', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-addresses-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('makes no decision by a guess until a configuration is in force', async () => {
    let host: readonly HostAddress[] = [
      { ...on('10.50.0.9'), interface: 'storage0', defaultRoute: false },
    ];
    const datastore = createMemoryDatastore();
    const agent = agentOn({
      folder,
      datastore,
      settings: { node: { name: 'node-0' } },
      detected: () => ({ host }),
    });
    await agent.start();
    await agent.readings.firstPass();
    expect(agent.readings.facts().addresses.map(({ address }) => address)).to.deep.equal([
      '10.50.0.9',
    ]);
    host = [...host, on('10.20.0.90')];
    await agent.offers.offer(localOffer(config));
    const status = await statusWhen(agent, inForce(1));
    expect(status.resolved?.asNumber).to.equal(64601);
    await agent.stop();
  });

  it('waits for an address when the configuration goes by subnets', async () => {
    const datastore = createMemoryDatastore();
    const agent = agentOn({ folder, datastore, settings: { node: { name: 'node-0' } } });
    await agent.start();
    await agent.offers.offer(localOffer(config));
    const status = await statusWhen(agent, ({ state }) => state === 'waiting');
    expect(status.message).to.include('this node has no address yet');
    expect(datastore.log).to.deep.equal([]);
    await agent.stop();
  });

  it("waits when Calico's Node of its name has the address of another machine", async () => {
    const datastore = createMemoryDatastore();
    const other = nodeAt('10.20.0.7');
    const agent = agentOn({
      folder,
      datastore,
      connection: {
        datastore,
        writerLease: createMemoryWriterLease().connect('node-0'),
        survey: {
          survey: () => Promise.reject(new Error('not asked for')),
          findNode: () => Promise.resolve(other),
          removeNode: () => Promise.resolve(),
        },
        diagnosis: { diagnose: () => Promise.resolve([]) },
      },
      settings: { node: { name: 'node-0' } },
      detected: () => ({ host: [on('10.20.0.90')] }),
    });
    await agent.start();
    await agent.offers.offer(localOffer(config));
    const status = await statusWhen(agent, ({ needsPerson }) => needsPerson === true);
    expect(status.message).to.include(
      'Calico\'s Node "node-0" has the address 10.20.0.7/24, which no interface of this machine has',
    );
    expect(datastore.log).to.deep.equal([]);
    await agent.stop();
  });
});
