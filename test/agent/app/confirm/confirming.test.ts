/** A change that the agent rolls back unless the node is healthy, or a person confirms it. */
import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createRevisionFiles } from '../../../../agent/adapters/state-directory/revision-files.ts';
import { rollBackOnDisk } from '../../../../agent/compose-on-disk.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { RevisionStore } from '../../../../agent/ports/storage/revision-store.ts';
import type { AgentSignal } from '../../../../agent/app/status/signals.ts';
import type { BootTime } from '../../../../core/confirm/deadline.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { AppError } from '../../../../runtime/errors.ts';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';
import {
  agentOn,
  inForce,
  localOffer,
  statusWhen,
  type AgentOn,
} from '../../../support/agents/agent-on.ts';
import { failure } from '../../../support/failure.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import { createMemoryBird, type MemoryBird } from '../../../support/twins/memory-bird.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';
import { createMemoryWriterLease } from '../../../support/twins/memory-writer-lease.ts';

const one = `
global-as-number: 65001
node-to-node-mesh: true
global-bgp-peers: [{address: 10.0.0.1, as-number: 65000}]
`;
const two = `
global-as-number: 65001
node-to-node-mesh: true
global-bgp-peers: [{address: 10.0.0.1, as-number: 65000}, {address: 10.0.0.7, as-number: 65000}]
`;
const three = `${two.trimEnd().slice(0, -1)}, {address: 10.0.0.8, as-number: 65000}]\n`;
/** The first configuration gives the cluster an AS number. */
const acceptLoss = { local: true, juju: true, controller: true };
const isConfirmed =
  (number: number) =>
  ({ state, revisions }: AgentStatus): boolean =>
    state === 'in-force' && revisions.confirmed?.number === number;
const isConfirming = ({ state }: AgentStatus): boolean => state === 'confirming';

describe('a change that is not confirmed', () => {
  let folder: string;
  let datastore: MemoryDatastore;
  let clock: ManualClock;
  let bird: MemoryBird;
  let boot: BootTime;
  let agents: RunningAgent[];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-confirm-'));
    datastore = createMemoryDatastore();
    clock = createManualClock();
    bird = createMemoryBird();
    bird.sessions = { '10.0.0.1': {} };
    boot = { bootId: 'first', ms: 0 };
    agents = [];
  });
  afterEach(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
    await rm(folder, { recursive: true });
  });

  let writing = 0;
  /** The disk takes time, which the manual clock does not know. */
  const storeIn = (where: string): RevisionStore => {
    const store = createRevisionFiles(where, silentLogger);
    return {
      ...store,
      saveState: async (state) => {
        writing += 1;
        await store.saveState(state).finally(() => {
          writing -= 1;
        });
      },
    };
  };
  const isBusy = (): boolean =>
    writing > 0 || agents.some((agent) => agent.underWay() !== undefined);
  const start = async (on: Partial<AgentOn> = {}): Promise<RunningAgent> => {
    const agent = agentOn({
      folder,
      store: storeIn(on.folder ?? folder),
      datastore,
      clock,
      sessions: bird,
      routes: bird,
      boot: { now: () => boot },
      ...on,
      settings: { acceptLoss, ...on.settings },
    });
    agents.push(agent);
    await agent.start();
    return agent;
  };
  /** The clocks go on, and due timers run to their end. */
  const pass = async (seconds: number): Promise<void> => {
    for (let left = seconds; left > 0; left -= 1) {
      boot = { ...boot, ms: boot.ms + 1000 };
      clock.advance(1000);
      for (let turn = 0; turn < 20; turn += 1) {
        await setImmediate();
        while (isBusy()) await setImmediate();
      }
    }
  };
  const until = async (
    agent: RunningAgent,
    isSo: (status: AgentStatus) => boolean,
    seconds = 60,
  ): Promise<AgentStatus> => {
    for (let left = seconds; left > 0; left -= 1) {
      if (isSo(agent.readings.status())) return agent.readings.status();
      await pass(1);
    }
    const { state, message } = agent.readings.status();
    throw new Error(`it is still ${state}: ${message}`);
  };
  /** An agent with revision 1 confirmed, and revision 2 in force. */
  const changed = async (on: Partial<AgentOn> = {}): Promise<RunningAgent> => {
    const agent = await start(on);
    await agent.offers.offer(localOffer(one));
    await until(agent, isConfirmed(1), 120);
    await agent.offers.offer(localOffer(two));
    await statusWhen(agent, isConfirming);
    return agent;
  };
  const peers = (): readonly string[] =>
    Object.keys(datastore.contents()).filter((key) => key.startsWith('BGPPeer/'));

  it('is confirmed by itself when the node is healthy for some seconds', async () => {
    const agent = await changed();
    expect(agent.readings.status().revisions.confirmed?.number).to.equal(1);
    expect(agent.readings.status().confirming?.previous?.number).to.equal(1);
    bird.sessions = { '10.0.0.1': {}, '10.0.0.7': {} };
    const { revisions, confirming } = await until(agent, isConfirmed(2), 10);
    expect(revisions.confirmedBy).to.equal('health');
    expect(confirming).to.equal(undefined);
  });

  it('reports meanwhile why the node is not healthy, when it is rolled back, and to which revision', async () => {
    const agent = await changed();
    await pass(4);
    const { message, confirming } = agent.readings.status();
    expect(message).to.contain('local:node-0#2 is in force and not confirmed yet: at 2026-');
    expect(message).to.contain('the agent rolls back to revision local:node-0#1');
    expect(confirming?.unhealthy).to.contain('the session to 10.0.0.7 is not as expected');
  });

  it('rolls back at the deadline, says why, and stays there', async () => {
    const agent = await changed();
    const failed: AgentSignal[] = [];
    agent.readings.subscribe((event) => {
      if (event.type === 'failed') failed.push(event);
    });
    await pass(29);
    expect(agent.readings.status().revisions.accepted?.number).to.equal(2);
    expect(peers()).to.have.length(2);
    const { revisions, message } = await until(agent, isConfirmed(1), 120);
    expect(peers()).to.have.length(1);
    expect(revisions.inForce?.number).to.equal(1);
    expect(revisions.rejected[0]?.reason).to.contain(
      'rolled back: it did not become healthy within 30 s: the session to 10.0.0.7',
    );
    expect(message).to.contain('local:node-0#2 was rejected: rolled back');
    expect(failed).to.have.length(1);
    expect(failed[0]).to.include({ code: 'rolled-back', retrying: false });
    const again = await agent.offers.offer(localOffer(two));
    expect(again).to.include({ result: 'refused', code: 'rejected-before' });
    const [second] = await agent.readings.revisions();
    expect(second?.states).to.deep.equal(['rejected']);
  });

  it('rolls back before the deadline when the other side refuses this node', async () => {
    const agent = await changed();
    const refused = { state: 'Idle', lastError: 'Received: Bad peer AS' } as const;
    bird.sessions = { '10.0.0.1': {}, '10.0.0.7': refused };
    const { revisions } = await until(agent, isConfirmed(1), 120);
    expect(revisions.rejected[0]?.reason).to.contain('expects another AS number of this node');
  });

  it('is reported to clients that wait for it', async () => {
    const agent = await changed();
    const { accepted } = agent.readings.status().revisions;
    if (accepted === undefined) throw new Error('nothing is accepted');
    const end = agent.offers.waitForRevision(accepted, new AbortController().signal);
    await until(agent, isConfirmed(1), 120);
    expect((await end).result).to.equal('failed');
  });

  it('is not blamed for a session that was down before', async () => {
    bird.sessions = { '10.0.0.1': { state: 'Active' } };
    const agent = await start();
    await agent.offers.offer(localOffer(one));
    await until(agent, isConfirmed(1), 12);
  });

  it('is rolled back without waiting for a session that was down before it', async () => {
    const alsoDown = (text: string): string =>
      text.replace('peers: [', 'peers: [{address: 10.0.0.5, as-number: 65000}, ');
    bird.sessions = { '10.0.0.1': {}, '10.0.0.5': { state: 'Active' } };
    const agent = await start();
    await agent.offers.offer(localOffer(alsoDown(one)));
    await until(agent, isConfirmed(1), 12);
    await agent.offers.offer(localOffer(alsoDown(two)));
    await until(agent, ({ state }) => state === 'confirming', 120);
    await until(agent, ({ revisions }) => revisions.rejected.length > 0, 40);
    const { state } = await until(agent, isConfirmed(1), 20);
    expect(state).to.equal('in-force');
    expect(peers()).to.have.length(2);
    const kept = await createRevisionFiles(folder, silentLogger).loadState();
    expect(kept).to.not.have.property('beforeRollback');
  });

  it('is confirmed when BIRD does not answer: unknown is not down', async () => {
    const agent = await changed();
    bird.answers = false;
    await pass(28);
    expect(agent.readings.status().state).to.equal('confirming');
    const { revisions } = await until(agent, isConfirmed(2), 8);
    expect(revisions.confirmedBy).to.equal('nothing-seen');
  });

  it('is confirmed by its sessions when BIRD answers late', async () => {
    const agent = await changed();
    bird.answers = false;
    bird.sessions = { ...bird.sessions, '10.0.0.7': {} };
    await pass(10);
    bird.answers = true;
    const { revisions } = await until(agent, isConfirmed(2), 12);
    expect(revisions.confirmedBy).to.equal('health');
  });

  it('is confirmed at once without BIRD', async () => {
    bird.isThere = false;
    const agent = await start();
    await agent.offers.offer(localOffer(one));
    await statusWhen(agent, inForce(1));
    expect(agent.readings.status().revisions.confirmedBy).to.equal('nothing-seen');
    expect(await createRevisionFiles(folder, silentLogger).loadState()).to.not.have.property(
      'confirming',
    );
  });

  it('is confirmed at once when the settings leave it no time', async () => {
    const agent = await start({ settings: { confirmSeconds: { apply: 0 } } });
    await agent.offers.offer(localOffer(two));
    await statusWhen(agent, inForce(1));
    expect(agent.readings.status().revisions.confirmed?.number).to.equal(1);
  });

  it('rolls back when routes to pods are lost', async () => {
    bird.routes = ['192.168.1.0/26'];
    const agent = await changed();
    bird.sessions = { '10.0.0.1': {}, '10.0.0.7': {} };
    bird.routes = [];
    const { revisions } = await until(agent, isConfirmed(1), 120);
    expect(revisions.rejected[0]?.reason).to.contain('no route is left to 192.168.1.0/26');
  });

  it('rolls back when the controller is away since the change', async () => {
    let connected = true;
    const agent = await changed({
      controllerState: () => ({ url: 'wss://a:1', connected, message: '' }),
    });
    bird.sessions = { '10.0.0.1': {}, '10.0.0.7': {} };
    connected = false;
    const { revisions } = await until(agent, isConfirmed(1), 120);
    expect(revisions.rejected[0]?.reason).to.contain('the controller is away');
  });

  it('rolls back once the datastore answers, when the node was cut off from it', async () => {
    const agent = await changed();
    bird.sessions = { '10.0.0.1': {}, '10.0.0.7': {} };
    let away = true;
    const unreachable = (): Promise<void> => {
      if (!away) return Promise.resolve();
      return Promise.reject(new AppError('datastore-failed', 'no answer', { retryable: true }));
    };
    datastore.meddle.observe = unreachable;
    await until(agent, ({ state }) => state === 'rolling-back', 60);
    const { message, revisions } = agent.readings.status();
    expect(revisions.accepted?.number).to.equal(1);
    expect(revisions.rejected[0]?.reason).to.contain('no answer');
    expect(message).to.match(/trying again in \d+ s/);
    await pass(60);
    expect(agent.readings.status().state).to.equal('rolling-back');
    away = false;
    await until(agent, isConfirmed(1), 120);
    expect(peers()).to.have.length(1);
  });

  it('rolls back when it was written in part and cannot be finished', async () => {
    const agent = await start();
    await agent.offers.offer(localOffer(one));
    await until(agent, isConfirmed(1), 120);
    let writes = 0;
    datastore.meddle.write = (write) => {
      writes += 1;
      if (writes > 1) throw new AppError('datastore-failed', 'gone', { retryable: true });
      write();
    };
    await agent.offers.offer(localOffer(two.replace('65001', '65002')));
    await until(agent, ({ revisions }) => revisions.accepted?.number === 1, 90);
    expect(agent.readings.status().revisions.rejected[0]?.reason).to.contain(
      'it could not be finished within 30 s',
    );
    delete datastore.meddle.write;
    await until(agent, isConfirmed(1), 120);
    expect(peers()).to.have.length(1);
  });

  describe('that a person has to confirm', () => {
    const offerIt = async (): Promise<RunningAgent> => {
      const agent = await start();
      await agent.offers.offer(localOffer(one));
      await until(agent, isConfirmed(1));
      bird.sessions = { '10.0.0.1': {}, '10.0.0.7': {} };
      await agent.offers.offer(localOffer(two, { confirmSeconds: 120 }));
      await statusWhen(agent, isConfirming);
      return agent;
    };

    it('stays when the person confirms it', async () => {
      const agent = await offerIt();
      await pass(100);
      expect(agent.readings.status().state).to.equal('confirming');
      expect((await agent.operations.confirm()).number).to.equal(2);
      const { revisions } = await until(agent, isConfirmed(2));
      expect(revisions.confirmedBy).to.equal('person');
      await pass(60);
      expect(agent.readings.status().revisions.confirmed?.number).to.equal(2);
      expect(await failure(agent.operations.confirm())).to.include({
        code: 'not-found',
        message: 'cannot confirm: revision local:node-0#2 is confirmed already',
      });
    });

    it('rolls back when nobody confirms it, however healthy the node is', async () => {
      const agent = await offerIt();
      await pass(110);
      expect(agent.readings.status().state).to.equal('confirming');
      const { revisions } = await until(agent, isConfirmed(1), 120);
      expect(revisions.rejected[0]?.reason).to.equal(
        'rolled back: nobody confirmed it within 120 s',
      );
    });

    it('needs the person also without BIRD', async () => {
      bird.isThere = false;
      const agent = await start();
      await agent.offers.offer(localOffer(one));
      await until(agent, isConfirmed(1));
      await agent.offers.offer(localOffer(two, { confirmSeconds: 10 }));
      await statusWhen(agent, isConfirming);
      await until(agent, isConfirmed(1), 120);
    });
  });

  describe('that a person rolls back', () => {
    it('rolls back at once', async () => {
      const agent = await changed();
      const going = await agent.operations.rollback({ by: 'root@node-0' });
      expect([going.from.number, going.to.number]).to.deep.equal([2, 1]);
      const { revisions } = await until(agent, isConfirmed(1), 120);
      expect(revisions.rejected[0]?.reason).to.equal('rolled back: root@node-0 asked for it');
      expect(peers()).to.have.length(1);
    });

    it('rolls back also after its confirmation, and to any stored revision', async () => {
      bird.isThere = false;
      const agent = await start();
      for (const text of [one, two, three]) {
        await agent.offers.offer(localOffer(text));
        await until(agent, ({ state }) => state === 'in-force');
      }
      expect((await agent.operations.rollback({ by: 'root' })).to.number).to.equal(2);
      await until(agent, isConfirmed(2), 60);
      expect(await failure(agent.operations.rollback({ by: 'root' }))).to.include({
        code: 'not-found',
        message:
          'cannot roll back: no other revision was confirmed before; ' +
          'calico-agent rollback REVISION goes to one of calico-agent history',
      });
      await agent.operations.rollback({ by: 'root', revision: '1' });
      await until(agent, isConfirmed(1), 120);
      expect(peers()).to.have.length(1);
    });

    it('says what to do when there is no revision to roll back to', async () => {
      const agent = await start();
      const refusal = async (revision?: string): Promise<string> => {
        const request = { by: 'root', ...(revision !== undefined && { revision }) };
        return (await failure(agent.operations.rollback(request))).message;
      };
      expect(await refusal()).to.equal(
        'cannot roll back: no configuration was accepted yet; calico-agent apply CONFIG applies one',
      );
      await agent.offers.offer(localOffer(one));
      await until(agent, isConfirmed(1));
      expect(await refusal()).to.equal(
        'cannot roll back: revision local:node-0#1 is the only one that this node keeps; apply another configuration',
      );
      expect(await refusal('#1')).to.equal(
        'cannot roll back: revision local:node-0#1 is the accepted one already',
      );
    });

    it('rolls back at the next start when the daemon is dead', async () => {
      bird.isThere = false;
      const first = await start();
      for (const text of [one, two]) {
        await first.offers.offer(localOffer(text));
        await until(first, ({ state }) => state === 'in-force');
      }
      await first.stop();
      await rollBackOnDisk(folder, { by: 'root' });
      const agent = await start();
      await until(agent, isConfirmed(1), 120);
      expect(peers()).to.have.length(1);
    });
  });

  describe('of an agent that is killed', () => {
    it('rolls back at the same deadline', async () => {
      const first = await changed();
      await pass(10);
      await first.stop();
      await pass(10);
      const agent = await start();
      await pass(5);
      expect(agent.readings.status().state).to.equal('confirming');
      await until(agent, isConfirmed(1), 120);
    });

    it('rolls back at once when the deadline has passed', async () => {
      const first = await changed();
      await first.stop();
      await pass(60);
      const agent = await start();
      await until(agent, isConfirmed(1), 120);
    });

    it('rolls back when the machine was restarted meanwhile', async () => {
      const first = await changed();
      bird.sessions = { '10.0.0.1': {}, '10.0.0.7': {} };
      await first.stop();
      boot = { bootId: 'second', ms: 0 };
      const agent = await start();
      const { revisions } = await until(agent, isConfirmed(1), 120);
      expect(revisions.rejected[0]?.reason).to.contain('the machine was restarted');
    });
  });

  describe('that is the first one of the node', () => {
    it('stays, and needs a person, when the node is not healthy', async () => {
      const agent = await start();
      await agent.offers.offer(localOffer(two));
      const { message, revisions } = await until(agent, ({ needsPerson }) => needsPerson === true);
      expect(message).to.contain('there is no earlier revision to roll back to');
      expect(revisions.inForce?.number).to.equal(1);
      expect(peers()).to.have.length(2);
      bird.sessions = { '10.0.0.1': {}, '10.0.0.7': {} };
      await until(agent, isConfirmed(1), 30);
      expect(agent.readings.status().needsPerson).to.equal(undefined);
    });
  });

  describe('on top of one that is not confirmed', () => {
    it('rolls back to the last confirmed one', async () => {
      const agent = await changed();
      await agent.offers.offer(localOffer(three));
      await statusWhen(agent, ({ confirming }) => confirming?.revision.number === 3);
      const { revisions } = await until(agent, isConfirmed(1), 120);
      expect(revisions.rejected.map(({ number }) => number)).to.deep.equal([3]);
      expect(peers()).to.have.length(1);
    });
  });

  describe('of the agent that writes the cluster-wide resources', () => {
    it('is rolled back by the other agents as well, and not applied again', async () => {
      const lease = createMemoryWriterLease();
      const writer = await changed({ lease: lease.connect('node-0') });
      const folder1 = await mkdtemp(path.join(tmpdir(), 'calico-agent-confirm-'));
      const healthy = createMemoryBird();
      healthy.sessions = { '10.0.0.1': {}, '10.0.0.7': {} };
      const other = await start({
        folder: folder1,
        lease: lease.connect('node-1'),
        sessions: healthy,
        routes: healthy,
        settings: { node: { name: 'node-1', addresses: ['10.0.0.3/24'] } },
      });
      const offer = (text: string, number: number) =>
        other.offers.offer(localOffer(text, { number }));
      await offer(one, 1);
      await offer(two, 2);
      await until(writer, isConfirmed(1), 120);
      expect(lease.record()?.rolledBack).to.include({ by: 'node-0' });
      const { revisions } = await until(
        other,
        ({ revisions: now }) => now.rejected.some(({ number }) => number === 2),
        60,
      );
      expect(revisions.rejected[0]?.reason).to.contain('the agent of node "node-0" rolled it back');
      await pass(30);
      expect(peers()).to.have.length(1);
      expect(await offer(two, 2)).to.include({ code: 'rejected-before' });
      await rm(folder1, { recursive: true });
    });
  });
});
