/** Each adapter fails in turn: the status says so, and everything else goes on. */
import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGuardRoutes } from '../../../../agent/adapters/guard-routes/guard-routes.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import { connectController } from '../../../../agent/channel/connect-controller.ts';
import type { DegradedAdapter } from '../../../../core/degraded/adapters.ts';
import { usualGuard } from '../../../../core/guard/guard-settings.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { agentOn, localOffer, type AgentOn } from '../../../support/agents/agent-on.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import { passTime } from '../../../support/clocks/pass-time.ts';
import { eventually } from '../../../support/eventually.ts';
import { createMemoryBird, type MemoryBird } from '../../../support/twins/memory-bird.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';
import { createMemoryFleet } from '../../../support/twins/memory-fleet-store.ts';
import { createMemoryKernel } from '../../../support/twins/memory-kernel.ts';
import { createMemoryLxd } from '../../../support/twins/memory-lxd.ts';

const config = (as: number): string => `global-as-number: ${as}\nnode-to-node-mesh: true\n`;
const away = (what: string): AppError =>
  new AppError('datastore-failed', `${what} does not answer`, { retryable: true });

describe('an agent with an adapter that fails again and again', () => {
  let folder: string;
  let clock: ManualClock;
  let datastore: MemoryDatastore;
  let bird: MemoryBird;
  let agent: RunningAgent;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-degraded-'));
    clock = createManualClock();
    datastore = createMemoryDatastore();
    bird = createMemoryBird();
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });

  const start = async (on: Partial<AgentOn> = {}): Promise<void> => {
    agent = agentOn({ folder, datastore, clock, sessions: bird, routes: bird, ...on });
    await agent.start();
  };
  const offer = async (text: string): Promise<void> => {
    const outcome = await agent.offers.offer(localOffer(text, { acceptLoss: true }));
    if (outcome.result !== 'accepted') throw new Error(JSON.stringify(outcome));
  };
  /** Time passes until the condition holds. */
  const until = (expectation: () => void): Promise<void> =>
    eventually(async () => {
      await passTime(clock, 2000);
      expectation();
    });
  const degraded = (): Readonly<Record<string, DegradedAdapter>> =>
    Object.fromEntries((agent.readings.status().degraded ?? []).map((one) => [one.adapter, one]));
  const isDegraded = (adapter: string, reason: string): void => {
    expect(degraded()).to.have.all.keys(adapter);
    expect(degraded()[adapter]?.reason).to.contain(reason);
    expect(degraded()[adapter]?.attempts).to.be.at.least(3);
  };
  const isInForce = (number: number): void => {
    expect(agent.readings.status().revisions.inForce?.number).to.equal(number);
  };

  it('tries a datastore again and says when, while it still reads BIRD', async () => {
    await start();
    datastore.meddle.observe = () => Promise.reject(away('etcd'));
    await offer(config(65_001));
    await until(() => isDegraded('datastore', 'etcd does not answer'));
    const { since, nextAttemptAt } = degraded()['datastore'] ?? {};
    expect(Date.parse(nextAttemptAt ?? '')).to.be.greaterThan(Date.parse(since ?? ''));
    bird.sessions = { '10.0.0.9': { name: 'Mesh_10_0_0_9' } };
    await until(() => expect(agent.readings.status().sessions?.established).to.equal(1));
    delete datastore.meddle.observe;
    await until(() => isInForce(1));
    await until(() => expect(degraded()).to.deep.equal({}));
  });

  it('calls a datastore degraded that it can read and not write', async () => {
    await start();
    datastore.meddle.write = () => Promise.reject(away('etcd has no space: it'));
    await offer(config(65_001));
    await until(() => isDegraded('datastore', 'has no space'));
  });

  it('says nothing about a single failure', async () => {
    await start();
    let failures = 2;
    datastore.meddle.observe = () => {
      failures -= 1;
      if (failures >= 0) throw away('etcd');
    };
    const lists: unknown[] = [];
    agent.readings.subscribe((event) => {
      if (event.type === 'status') lists.push(event.status.degraded);
    });
    await offer(config(65_001));
    await until(() => isInForce(1));
    expect(lists.filter((list) => list !== undefined)).to.deep.equal([]);
  });

  it('writes the Calico part of a change while LXD does not answer, and the rest later', async () => {
    const lxd = createMemoryLxd({ a: ['default'] });
    lxd.meddle.unreachable = true;
    await start({ lxd, roles: ['node', 'lxd-host'] });
    const native = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
    await offer(
      `${native}bgp: {asNumber: 65001, nodeToNodeMesh: true}\nlxd: {profiles: [default], bpffs: true}\n`,
    );
    await until(() => isDegraded('lxd', ''));
    expect(datastore.log).to.include('create BGPConfiguration/default');
    expect(agent.readings.status().state).to.equal('failed');
    lxd.meddle.unreachable = false;
    await until(() => isInForce(1));
    await until(() => expect(degraded()).to.deep.equal({}));
  });

  it('brings a change into force while BIRD does not answer', async () => {
    bird.answers = false;
    await start();
    await offer(config(65_001));
    await until(() => isDegraded('bird', 'BIRD does not answer'));
    await until(() => isInForce(1));
    expect(degraded()['bird']).to.have.property('nextAttemptAt');
    bird.answers = true;
    await until(() => expect(degraded()).to.deep.equal({}));
  });

  it('brings a change into force while calico-node reports nothing; an old report is not a failure', async () => {
    let fault: 'silent' | 'stale' = 'silent';
    const at = 'CalicoNodeStatus calico-agent.node-0';
    const daemon = { ok: false, at, by: 'calico-node', why: 'forbidden' } as const;
    await start({ sessions: { observe: () => Promise.resolve([{ ...daemon, fault }]) } });
    await offer(config(65_001));
    await until(() => isInForce(1));
    await until(() => isDegraded('calico-node-status', 'forbidden'));
    fault = 'stale';
    await until(() => expect(degraded()).to.deep.equal({}));
  });

  it('brings a change into force while the reports of other nodes cannot be exchanged', async () => {
    const fleet = createMemoryFleet(['node-0', 'node-1']);
    fleet.failure = away('the namespace');
    datastore.meddle.write = (write) => {
      if (degraded()['fleet'] === undefined) throw away('etcd');
      write();
    };
    await start({ fleet: fleet.storeOf('node-0') });
    await offer(config(65_001));
    await until(() =>
      expect(degraded()['fleet']?.reason).to.equal('the namespace does not answer'),
    );
    await until(() => isInForce(1));
  });

  it('makes changes while the kernel refuses guard routes', async () => {
    const program = createMemoryKernel();
    program.isPermitted = false;
    const uptime = (): number => 1000 + clock.elapsed() / 1000;
    const guardRoutes = createGuardRoutes({ program, settings: () => usualGuard, uptime });
    await start({ guardRoutes });
    for (const number of [1, 2, 3]) {
      await offer(config(65_000 + number));
      await until(() => isInForce(number));
    }
    isDegraded('guard-routes', 'CAP_NET_ADMIN');
    expect(degraded()['guard-routes']).to.not.have.property('nextAttemptAt');
    program.isPermitted = true;
    await offer(config(65_009));
    await until(() => isInForce(4));
    await until(() => expect(degraded()).to.deep.equal({}));
  });

  it('makes changes while its controller does not answer', async () => {
    await start();
    const reconnect = { baseSeconds: 0.001, capSeconds: 0.001 };
    const settings = { url: 'ws://127.0.0.1:1', tokenFile: '/dev/null', reconnect };
    const { health } = agent;
    const deps = { logger: silentLogger, random: Math.random, clock, health };
    const channel = connectController(agent, settings, deps);
    await eventually(() => isDegraded('controller', ''));
    await offer(config(65_001));
    await until(() => isInForce(1));
    expect(degraded()['controller']).to.have.property('nextAttemptAt');
    await channel.stop();
    expect(degraded()).to.deep.equal({});
  });
});
