/** A change with a gate between two of its steps: it stops there, and a later pass goes on. */
import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInProcessDecider } from '../../../../agent/adapters/decider/in-process.ts';
import { createJournalFiles } from '../../../../agent/adapters/state-directory/journal-files.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { AgentSettings } from '../../../../agent/app/state/settings-now.ts';
import type { Decider } from '../../../../agent/ports/decider.ts';
import type { Journal } from '../../../../agent/ports/storage/journal.ts';
import type { Gate } from '../../../../core/plan/gate.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
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

const before =
  'global-bgp-peers: [{address: 10.0.0.1, as-number: 65000}]\nnode-to-node-mesh: true\n';
const gated =
  'global-bgp-peers: [{address: 10.0.0.8, as-number: 65000}]\nnode-to-node-mesh: false\n';
const newer =
  'global-bgp-peers: [{address: 10.0.0.1, as-number: 65000}]\nnode-to-node-mesh: false\n';
/** Its first step changes only this node. */
const ofNodeFirst =
  'global-bgp-peers: [{address: 10.0.0.1, as-number: 65000}]\nnode-to-node-mesh: false\nunit-as-numbers: {0: 65010}\n';

const meshOff = 'Turn the node-to-node mesh off';
const gate: Gate = { kind: 'pool-free', cidr: '10.9.0.0/16', withinSeconds: 60 };

/** Plans as usual, with a gate before the step that turns the mesh off for `gated` and `ofNodeFirst`. */
function gatingDecider(): Decider {
  const decider = createInProcessDecider();
  return {
    ...decider,
    plan: async (question, options) => {
      const plan = await decider.plan(question, options);
      const { resources, nodes } = question.desired;
      const isGated =
        nodes.some(({ settings }) => settings.asNumber === 65010) ||
        resources.some(
          ({ resource }) => resource.kind === 'BGPPeer' && resource.spec.peerIP === '10.0.0.8',
        );
      const steps = plan.steps.map((step) =>
        isGated && step.title === meshOff ? { ...step, gates: [gate] } : step,
      );
      return { ...plan, steps };
    },
  };
}

describe('a change with a gate between two of its steps', () => {
  let folder: string;
  let datastore: MemoryDatastore;
  let lease: MemoryWriterLease;
  let clock: ManualClock;
  let journal: Journal;
  let agents: RunningAgent[];

  const start = async (settings: Partial<AgentSettings> = {}): Promise<RunningAgent> => {
    const agent = agentOn({
      folder,
      datastore,
      lease: lease.connect('node-0'),
      clock,
      settings,
      decider: gatingDecider(),
    });
    agents.push(agent);
    await agent.start();
    return agent;
  };
  const waiting = ({ state }: AgentStatus): boolean => state === 'awaiting-gate';
  const isMeshOn = (): boolean => {
    const { 'BGPConfiguration/default': configuration } = datastore.contents();
    return JSON.stringify(configuration).includes('"nodeToNodeMeshEnabled":true');
  };
  const close = (): void => {
    datastore.meddle.usage = () => [{ cidr: gate.cidr, addresses: 3 }];
  };
  const open = (): void => {
    datastore.meddle.usage = () => [{ cidr: '10.9.0.0/16', addresses: 0 }];
  };
  /** An agent with `before` in force, and `gated` waiting. */
  const waitAtGate = async (settings: Partial<AgentSettings> = {}): Promise<RunningAgent> => {
    const agent = await start(settings);
    await agent.offers.offer(localOffer(before));
    await statusWhen(agent, inForce(1));
    close();
    await agent.offers.offer(localOffer(gated));
    await statusWhen(agent, waiting);
    return agent;
  };
  /** The next reading of the gates, which finds them closed. */
  const passOnce = async (): Promise<void> => {
    const { waiting: known } = (await journal.open()) ?? {};
    await clock.passNext();
    while ((await journal.open())?.waiting?.waitedMs === known?.waitedMs) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-gates-'));
    datastore = createMemoryDatastore();
    lease = createMemoryWriterLease();
    clock = createManualClock();
    journal = createJournalFiles(folder, silentLogger);
    agents = [];
  });
  afterEach(async () => {
    for (const agent of agents) await agent.stop();
    await rm(folder, { recursive: true });
  });

  it('stops there, names its condition, and gives the writer lease back', async () => {
    const agent = await waitAtGate();
    const { message, progress, revisions } = agent.readings.status();
    expect(message).to.match(
      /^revision local:node-0#2: step \d of \d, "Turn the node-to-node mesh off", waits until no address of 10\.9\.0\.0\/16 is in use; at most 60 s: 3 are in use$/,
    );
    expect(progress).to.include({ title: meshOff });
    expect(progress?.gates?.map(({ condition, why }) => [condition, why])).to.deep.equal([
      ['no address of 10.9.0.0/16 is in use', '3 are in use'],
    ]);
    expect(revisions.inForce?.number).to.equal(1);
    expect(JSON.stringify(datastore.contents())).to.contain('10.0.0.8');
    expect(isMeshOn()).to.equal(true);
    expect(await lease.connect('node-9').claim()).to.include({ held: true });
    const entry = await journal.open();
    expect(entry?.waiting).to.deep.equal({
      step: progress?.step,
      gates: [gate],
      waitedMs: 0,
    });
    expect(entry?.stepsDone).to.equal((progress?.step ?? 0) - 1);
  });

  it('claims no lease while it waits', async () => {
    const agent = await waitAtGate();
    lease.giveTo('node-9');
    await passOnce();
    expect(agent.readings.status().state).to.equal('awaiting-gate');
  });

  it('puts the revision into the writer record only with its first cluster-wide change', async () => {
    const agent = await start();
    await agent.offers.offer(localOffer(before));
    await statusWhen(agent, inForce(1));
    close();
    await agent.offers.offer(localOffer(ofNodeFirst));
    await statusWhen(agent, waiting);
    expect(datastore.contents()['Node/node-0']).to.include({ asNumber: 65010 });
    expect(lease.record()?.revision?.number).to.equal(1);
    open();
    await clock.passNext();
    await statusWhen(agent, inForce(2));
    expect(lease.record()?.revision?.number).to.equal(2);
  });

  it('goes on from there when the gate opens', async () => {
    const agent = await waitAtGate();
    const done = [...datastore.log];
    open();
    await clock.passNext();
    await statusWhen(agent, inForce(2));
    expect(isMeshOn()).to.equal(false);
    expect(datastore.log.slice(0, done.length)).to.deep.equal(done);
    expect(await journal.open()).to.equal(undefined);
    const ended = (await journal.summaries()).map(({ id, ended: { result } }) => [id, result]);
    expect(ended).to.deep.equal([
      [2, 'applied'],
      [1, 'applied'],
    ]);
  });

  it('counts the steps of the whole change, also after a gate', async () => {
    const agent = await waitAtGate();
    const steps = new Set<string>();
    agent.readings.subscribe((signal) => {
      const { progress } = signal.type === 'status' ? signal.status : {};
      if (progress) steps.add(`${String(progress.step)} of ${String(progress.steps)}`);
    });
    expect(agent.readings.status().progress).to.include({ step: 2, steps: 3 });
    await passOnce();
    open();
    await clock.passNext();
    await statusWhen(agent, inForce(2));
    expect([...steps]).to.deep.equal(['2 of 3', '3 of 3']);
  });

  it('goes on waiting after a kill, with the time that has passed, and then continues', async () => {
    await waitAtGate();
    await passOnce();
    const { waiting: known } = (await journal.open()) ?? {};
    expect(known?.waitedMs).to.be.greaterThan(0);
    // The first agent is left as it stands; its clock is the twin's, which does not move any more.
    clock = createManualClock();
    const restarted = await start();
    await statusWhen(restarted, waiting);
    expect((await journal.open())?.waiting).to.deep.equal(known);
    const done = [...datastore.log];
    open();
    await clock.passNext();
    await statusWhen(restarted, inForce(2));
    expect(datastore.log.slice(0, done.length)).to.deep.equal(done);
    expect(isMeshOn()).to.equal(false);
  });

  it('gives way to a newer revision', async () => {
    const agent = await waitAtGate();
    await agent.offers.offer(localOffer(newer));
    await statusWhen(agent, inForce(3));
    expect(isMeshOn()).to.equal(false);
    const results = (await journal.summaries()).map(({ ended }) => ended.result);
    expect(results.slice(0, 2)).to.deep.equal(['applied', 'superseded']);
  });

  it('fails when the gate stays closed for too long, and the agent restores the previous revision', async () => {
    const agent = await waitAtGate();
    const { accepted } = agent.readings.status().revisions;
    if (accepted === undefined) throw new Error('nothing is accepted');
    const end = agent.offers.waitForRevision(accepted, new AbortController().signal);
    for (let passes = 0; passes < 5; passes += 1) await passOnce();
    await clock.passNext();
    expect(await end).to.deep.include({ result: 'failed' });
    await statusWhen(agent, inForce(1));
    const [rejection] = agent.readings.status().revisions.rejected;
    expect(rejection?.reason).to.equal(
      'cannot apply revision local:node-0#2: cannot go on with step "Turn the node-to-node mesh off": ' +
        'it was not true within 60 s that no address of 10.9.0.0/16 is in use: 3 are in use',
    );
    expect(JSON.stringify(datastore.contents())).to.contain('10.0.0.1').and.not.contain('10.0.0.8');
  });

  it('is undone also when drift is only reported: it is not drift', async () => {
    const agent = await waitAtGate({ driftPolicy: 'report' });
    for (let passes = 0; passes < 5; passes += 1) await passOnce();
    await clock.passNext();
    await statusWhen(agent, inForce(1));
    expect(JSON.stringify(datastore.contents())).to.contain('10.0.0.1').and.not.contain('10.0.0.8');
  });

  it('does not time out on hold', async () => {
    const agent = await waitAtGate();
    await agent.operations.hold({ scope: 'agent', by: 'test', why: 'a night' });
    await statusWhen(agent, ({ state }) => state === 'held');
    clock.advance(3_600_000);
    await agent.operations.releaseHold('agent');
    await statusWhen(agent, waiting);
    open();
    await clock.passNext();
    await statusWhen(agent, inForce(2));
  });
});
