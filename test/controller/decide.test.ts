/** A person at the controller confirms a change on real agents, or rolls it back. */
import { expect } from 'chai';
import path from 'node:path';
import { WebSocket } from 'ws';
import { systemClock } from '../../agent/adapters/system-clock/system-clock.ts';
import type { RunningAgent } from '../../agent/app/create-agent.ts';
import type { ControllerChannel } from '../../agent/channel/connect-controller.ts';
import type { RolloutAnswer } from '../../controller/api/rollout-routes.ts';
import type { NodesAnswer, PushAnswer } from '../../controller/api/routes.ts';
import type { Decided } from '../../controller/app/push/decide.ts';
import type { NodeView } from '../../controller/app/nodes/node-view.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import { parseMessage, refOf } from '../../core/protocol/messages.ts';
import { isChannelMessage } from '../../schemas/generated/channel-message.validator.js';
import { ackOf, helloOf, statusOf } from '../core/protocol/sample.ts';
import { agentOn } from '../support/agents/agent-on.ts';
import { eventually } from '../support/eventually.ts';
import { failure } from '../support/failure.ts';
import { createMemoryDatastore } from '../support/twins/memory-datastore.ts';
import { createMemoryWriterLease } from '../support/twins/memory-writer-lease.ts';
import { configWith, Lab, token } from './running.ts';

interface Member {
  readonly agent: RunningAgent;
  channel: ControllerChannel;
}

describe('the decision of a person at the controller about a change', function () {
  this.timeout(120_000);
  let lab: Lab;
  let members: Member[];

  beforeEach(async () => {
    lab = await Lab.make();
    await lab.start();
    members = [];
  });
  afterEach(async () => {
    await lab.close();
    for (const { agent } of members) await agent.stop();
  });

  const join = async (index: number): Promise<Member> => {
    const name = `node-${String(index)}`;
    const agent = agentOn({
      folder: path.join(lab.folder, name),
      datastore: createMemoryDatastore(),
      lease: createMemoryWriterLease().connect(name),
      clock: systemClock,
      settings: { node: { name, addresses: [`10.0.0.${String(index + 2)}/24`] } },
    });
    await agent.start();
    const member = { agent, channel: lab.connect(agent) };
    members.push(member);
    return member;
  };
  const joined = (count: number): Promise<void> =>
    eventually(async () => expect((await lab.status()).connected).to.equal(count));
  /** Two nodes that have confirmed a first configuration. */
  const twoNodes = async (): Promise<readonly [Member, Member]> => {
    const both = [await join(0), await join(1)] as const;
    await joined(2);
    await lab.push(configWith(65_001), 60);
    for (const { agent } of both) await isConfirmed(agent, 1);
    return both;
  };
  const pushFor = (seconds: number, asNumber = 65_002, more = ''): Promise<PushAnswer> =>
    lab.ask(
      'PUT',
      `/v1/config?by=test&confirm-within=${String(seconds)}&wait=60${more}`,
      configWith(asNumber),
    );
  const decide = (what: 'confirm' | 'rollback'): Promise<Decided> =>
    lab.ask('POST', `/v1/${what}?by=alice`);
  const isConfirmed = (agent: RunningAgent, number: number): Promise<void> =>
    eventually(() => {
      const { state, revisions } = agent.readings.status();
      expect([state, revisions.confirmed?.number]).to.deep.equal(['in-force', number]);
    });
  const waits = (agent: RunningAgent): Promise<void> =>
    eventually(() =>
      expect(agent.readings.status().confirming).to.deep.include({ mode: 'person' }),
    );

  it('confirms it on every node that waits for that', async () => {
    const [first, second] = await twoNodes();
    const { ended, nodes } = await pushFor(60);
    expect(ended).to.equal('all');
    expect(nodes?.map(({ state }) => state)).to.deep.equal(['applied', 'applied']);
    await waits(first.agent);
    expect(await decide('confirm')).to.deep.include({ nodes: ['node-0', 'node-1'], others: 0 });
    for (const { agent } of [first, second]) {
      await isConfirmed(agent, 2);
      expect(agent.readings.status().revisions.confirmedBy).to.equal('person');
    }
    await eventually(async () => expect((await lab.status()).push).to.deep.equal({ confirmed: 2 }));
    expect((await failure(decide('confirm'))).message).to.contain(
      'revision 2 is confirmed already',
    );
  });

  it('rolls it back on every node, and sends it to none until the next push', async () => {
    const [first, second] = await twoNodes();
    await pushFor(60);
    expect(await decide('rollback')).to.deep.include({ nodes: ['node-0', 'node-1'] });
    for (const { agent } of [first, second]) await isConfirmed(agent, 1);
    await eventually(async () =>
      expect((await lab.status()).push).to.deep.equal({ 'rolled-back': 2 }),
    );
    const { rejected } = first.agent.readings.status().revisions;
    expect(rejected[0]?.reason).to.contain('alice at the controller asked for it');
    await lab.stopController();
    await lab.start();
    const third = await join(2);
    await joined(1);
    expect((await lab.status()).revision?.decided).to.equal('rolled-back');
    expect(third.agent.readings.status().revisions).to.not.have.property('accepted');
    const again = await failure(lab.push(configWith(65_002)));
    expect(again.code).to.equal('rejected-before');
    expect((await lab.push(configWith(65_003), 60)).nodes).to.have.length(3);
    await isConfirmed(third.agent, 3);
  });

  it('leaves an unreachable node to its own deadline', async () => {
    const [first, second] = await twoNodes();
    await pushFor(10);
    await Promise.all([first, second].map(({ agent }) => waits(agent)));
    await second.channel.stop();
    await joined(1);
    const decided = await decide('confirm');
    expect(decided).to.deep.include({ nodes: ['node-0'], others: 1, away: ['node-1'] });
    await isConfirmed(first.agent, 2);
    await isConfirmed(second.agent, 1);
    const { rejected } = second.agent.readings.status().revisions;
    expect(rejected[0]?.reason).to.contain('nobody confirmed it within 10 s');
    second.channel = lab.connect(second.agent);
    await eventually(async () => {
      const { nodes } = await lab.ask<{ readonly nodes: readonly NodeView[] }>('GET', '/v1/nodes');
      expect(nodes.find(({ name }) => name === 'node-1')?.push?.message).to.match(
        /nobody confirmed it within 10 s; a person confirmed it at the controller, which did not reach this agent before: push --retry brings it there$/,
      );
    });
  });

  it('reaches a node that comes back in time, also after a restart of the controller', async () => {
    const [first, second] = await twoNodes();
    await pushFor(600);
    await Promise.all([first, second].map(({ agent }) => waits(agent)));
    await second.channel.stop();
    await joined(1);
    await decide('confirm');
    await isConfirmed(first.agent, 2);
    await lab.stopController();
    await lab.start();
    second.channel = lab.connect(second.agent);
    await isConfirmed(second.agent, 2);
    // Without a person, the health of a node that connects later decides.
    await isConfirmed((await join(2)).agent, 2);
  });

  it('does not reach an agent of an earlier version, which is shown as failed', async () => {
    const first = await join(0);
    const said: string[] = [];
    const older = olderAgent(said);
    await joined(2);
    for (const asNumber of [65_001, 65_002])
      expect((await lab.push(configWith(asNumber), 60)).ended).to.equal('all');
    for (const name of ['node-0', 'node-9'])
      await eventually(async () =>
        expect((await lab.node(name))?.confirmed).to.include({ number: 2 }),
      );
    expect(await decide('rollback')).to.deep.include({ nodes: ['node-0'], others: 1 });
    await isConfirmed(first.agent, 1);
    await eventually(async () => {
      const { nodes } = await lab.ask<NodesAnswer>('GET', '/v1/nodes');
      const [agent, old] = nodes.map(({ push }) => push);
      expect(agent).to.deep.include({ state: 'rolled-back', code: 'rolled-back' });
      expect(agent?.backTo).to.include({ number: 1 });
      expect(old).to.deep.include({ state: 'failed', code: 'not-rolled-back' });
    });
    const { rollout } = await lab.ask<RolloutAnswer>('GET', '/v1/rollout');
    expect(rollout?.failures.map(({ node }) => node)).to.deep.equal(['node-9']);
    expect(rollout?.failures[0]?.why).to.contain('or its agent is too old');
    expect(said.join()).to.not.contain('decision');
    // What it answered before does not count any more when it connects again.
    await first.channel.stop();
    await joined(1);
    first.channel = lab.connect(first.agent);
    await joined(2);
    expect((await lab.node('node-0'))?.push?.state).to.equal('rolled-back');
    older.close();
  });

  it('is in the answer to a push that waits meanwhile', async () => {
    const first = await join(0);
    await joined(1);
    await lab.push(configWith(65_001), 60);
    await isConfirmed(first.agent, 1);
    let confirmNow = (): void => undefined;
    const older = olderAgent(
      [],
      new Promise((resolve) => {
        confirmNow = resolve;
      }),
    );
    await joined(2);
    const pushing = lab.push(configWith(65_002), 60);
    await eventually(async () =>
      expect((await lab.node('node-0'))?.confirmed).to.include({ number: 2 }),
    );
    await decide('rollback');
    await isConfirmed(first.agent, 1);
    await eventually(async () =>
      expect((await lab.node('node-0'))?.push?.state).to.equal('rolled-back'),
    );
    confirmNow();
    const { ended, nodes } = await pushing;
    expect(ended).to.equal('all');
    expect(nodes?.map(({ state, code }) => [state, code])).to.deep.equal([
      ['rolled-back', 'rolled-back'],
      ['failed', 'not-rolled-back'],
    ]);
    older.close();
  });

  /** It knows no capability. It confirms each revision, and shows it in its status. */
  const olderAgent = (said: string[], mayConfirm = Promise.resolve()): WebSocket => {
    const socket = new WebSocket(`ws://${lab.listen}/v1/agents`, ['calico-agent.v1'], {
      headers: { authorization: `Bearer ${token}` },
    });
    const send = (message: object): void => socket.send(JSON.stringify(message));
    const node = 'node-9';
    socket.once('open', () => {
      send({ ...helloOf(), node });
      send({ type: 'status', changed: { ...statusOf(), node } });
    });
    const confirm = async (ref: RevisionRef): Promise<void> => {
      await mayConfirm;
      for (const stage of ['received', 'applied', 'confirmed'] as const) send(ackOf(ref, stage));
      const revisions = { accepted: ref, inForce: ref, confirmed: ref, rejected: [] };
      send({ type: 'status', changed: { state: 'in-force', revisions } });
    };
    socket.on('message', (data: Buffer) => {
      said.push(data.toString());
      const read = { bounds: jsonBounds.agentMessage, isMessage: isChannelMessage };
      const parsed = parseMessage(data.toString(), read);
      if (parsed.ok && parsed.message.type === 'config') void confirm(refOf(parsed.message));
    });
    return socket;
  };

  it('is refused for agents that do not support it, with a hint', async () => {
    const older = (): WebSocket => {
      const socket = new WebSocket(`ws://${lab.listen}/v1/agents`, ['calico-agent.v1'], {
        headers: { authorization: `Bearer ${token}` },
      });
      socket.once('open', () => socket.send(JSON.stringify({ ...helloOf(), node: 'node-9' })));
      return socket;
    };
    const first = older();
    await joined(1);
    const pushing = lab.ask('PUT', '/v1/config?by=test&confirm-within=60', configWith(65_001));
    expect((await failure(pushing)).message)
      .to.contain('agents of node-9 are older')
      .and.contain('upgrade them');
    first.close();
    await joined(0);
    const said: string[] = [];
    await lab.ask('PUT', '/v1/config?by=test&confirm-within=60', configWith(65_001));
    const second = older();
    second.on('message', (data: Buffer) => void said.push(data.toString()));
    await joined(1);
    await eventually(async () =>
      expect((await lab.node('node-9'))?.push).to.deep.include({ code: 'agent-too-old' }),
    );
    await decide('rollback');
    expect(said.join()).to.not.contain('confirmSeconds').and.not.contain('decision');
    second.close();
  });
});
