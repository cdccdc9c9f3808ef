/** The controller's view of a change while it runs, and of one that rolls back. */
import { expect } from 'chai';
import { WebSocket } from 'ws';
import type { NodeView } from '../../controller/app/nodes/node-view.ts';
import { keptOfStatus } from '../../core/input/bounds.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import { startFleet, type AgentsOfFleet } from '../support/agents/agents-of-fleet.ts';
import { eventually } from '../support/eventually.ts';
import { MemoryAgent } from '../support/twins/memory-agent.ts';
import { helloOf, statusOf } from '../core/protocol/sample.ts';
import { configWith, Lab, token } from './running.ts';

const at = '2026-01-01T00:00:00Z';
const failing = {
  adapter: 'bird',
  attempts: 4,
  since: '2026-11-27T03:00:00Z',
  reason: 'no answer within 2 s',
  nextAttemptAt: '2026-11-27T03:00:40Z',
};
const gate = {
  condition: 'all live nodes guard',
  why: 'node-1 does not guard yet',
  since: at,
  until: '2999-01-01T00:00:00Z',
};

describe("a controller's view of a change", function () {
  this.timeout(120_000);
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.make();
    await lab.start();
  });
  afterEach(async () => {
    await lab.close();
  });
  const joined = (count: number): Promise<void> =>
    eventually(async () => expect((await lab.status()).connected).to.equal(count));
  const nodeIs = (name: string, isSo: (node: NodeView) => void): Promise<void> =>
    eventually(async () => {
      const node = await lab.node(name);
      if (node === undefined) throw new Error(`there is no node "${name}"`);
      isSo(node);
    });
  const connected = async (count: number): Promise<readonly MemoryAgent[]> => {
    const agents = Array.from({ length: count }, (_, index) => {
      const [name, address] = [`node-${String(index)}`, `10.0.0.${String(index + 2)}/24`];
      return new MemoryAgent({ name, address });
    });
    for (const agent of agents) lab.connect(agent);
    await joined(count);
    return agents;
  };
  const changing: Partial<AgentStatus> = {
    state: 'awaiting-gate',
    progress: { step: 2, steps: 5, title: 'mesh off', gates: [gate] },
    sessions: {
      expected: 3,
      established: 2,
      unexpected: 0,
      unknown: 0,
      worst: '10.0.0.1: refused',
    },
    guard: { state: 'on', routes: 4, carrying: 0, until: gate.until },
    degraded: [failing],
  };

  it('shows the gate of a node, its sessions and its guard routes', async () => {
    const [agent] = await connected(1);
    agent?.show(changing);
    await nodeIs('node-0', ({ gates = [], sessions, guard, degraded }) => {
      expect(degraded).to.deep.equal([failing]);
      expect(gates[0]).to.include({
        step: 2,
        steps: 5,
        title: 'mesh off',
        condition: gate.condition,
        why: gate.why,
        until: gate.until,
      });
      expect(gates[0]?.leftSeconds).to.be.above(0);
      expect(sessions).to.deep.equal(changing.sessions);
      expect(guard).to.deep.equal(changing.guard);
    });
    agent?.show({});
    await nodeIs('node-0', (node) => {
      expect(node).to.not.have.any.keys('gates', 'sessions', 'guard', 'degraded');
    });
  });

  it('is empty for an absent node, because its work is unknown', async () => {
    const agent = new MemoryAgent({ name: 'node-0' });
    const channel = lab.connect(agent);
    await joined(1);
    agent.show(changing);
    await nodeIs('node-0', ({ gates }) => expect(gates).to.have.length(1));
    await channel.stop();
    await joined(0);
    await nodeIs('node-0', (node) => expect(node).to.not.have.any.keys('gates', 'guard'));
    expect(await lab.status()).to.not.have.any.keys('waiting', 'confirming', 'inForce');
  });

  it('counts the nodes at the same gate, and those that wait for confirmation', async () => {
    const agents = await connected(3);
    const { revision } = await lab.push(configWith(64_513), 60);
    const [first, second, third] = agents;
    first?.show(changing);
    second?.show({
      ...changing,
      progress: { step: 2, steps: 5, title: 'x', gates: [{ ...gate, until: 'soon' }] },
    });
    const until = '2999-01-01T00:00:00Z';
    third?.show({
      confirming: { revision, mode: 'health', until, unhealthy: 'a session is down' },
    });
    await eventually(async () => {
      const { waiting, confirming, inForce } = await lab.status();
      expect(waiting).to.have.length(1);
      expect(waiting?.[0]).to.deep.include({
        condition: gate.condition,
        why: gate.why,
        nodes: 2,
        first: ['node-0', 'node-1'],
      });
      expect(confirming).to.include({
        nodes: 1,
        byPerson: 0,
        unhealthy: 1,
        why: 'a session is down',
      });
      expect(inForce).to.deep.equal([{ revision, nodes: 3 }]);
    });
  });

  it("cuts an agent's texts to their bounds", async () => {
    const long = 'x'.repeat(4096);
    const [agent] = await connected(1);
    agent?.show({
      state: 'awaiting-gate',
      message: long,
      progress: {
        step: 1,
        steps: 2,
        title: 'x'.repeat(256),
        gates: Array.from({ length: 20 }, () => ({ ...gate, condition: long, why: long })),
      },
      sessions: { expected: 1, established: 0, unexpected: 0, unknown: 0, worst: 'x'.repeat(1024) },
      guard: { state: 'never', why: long },
      confirming: { revision: ref(1), mode: 'health', unhealthy: long, awaits: long },
      storage: { problems: [{ file: long, message: long, hint: long }] },
      degraded: Array.from({ length: 10 }, () => ({ ...failing, reason: long.slice(0, 1024) })),
    });
    await nodeIs('node-0', (node) => {
      expect(node.gates).to.have.length(keptOfStatus.gates);
      expect(node.gates?.[0]?.condition).to.have.length(keptOfStatus.condition);
      expect(node.gates?.[0]?.why).to.have.length(keptOfStatus.why);
      expect(node.sessions?.worst).to.have.length(keptOfStatus.worst);
      expect(node.guard?.why).to.have.length(keptOfStatus.guardWhy);
      expect(node.confirming?.unhealthy).to.have.length(keptOfStatus.unhealthy);
      expect(node.confirming).to.have.property('awaits').with.length(keptOfStatus.awaits);
      expect(node.degraded).to.have.length(keptOfStatus.degraded);
      expect(node.degraded?.[0]?.reason).to.have.length(keptOfStatus.degradedReason);
      expect(node.message).to.have.length(keptOfStatus.message);
      expect(JSON.stringify(node)).to.have.length.below(10_000);
    });
  });

  it('names the revision in force again when a node rolled back, and waits for that', async () => {
    const [first, second] = await connected(2);
    const before = (await lab.push(configWith(64_513), 60)).revision;
    for (const agent of [first, second]) if (agent !== undefined) agent.reaches = 'applied';
    const pushed = lab.push(configWith(64_514), 60);
    await nodeIs('node-1', ({ push }) => expect(push?.state).to.equal('applied'));
    second?.reach('confirmed');
    first?.rollBack('the session to 10.0.0.1 was lost', before);
    await nodeIs('node-0', ({ push }) => expect(push?.state).to.equal('rolling-back'));
    expect((await lab.status()).push).to.deep.equal({ 'rolling-back': 1, confirmed: 1 });
    first?.reach('confirmed');
    const { ended, nodes, inForce, revision } = await pushed;
    expect(ended).to.equal('all');
    expect(nodes?.[0]).to.deep.include({
      state: 'rolled-back',
      code: 'rolled-back',
      message: 'rolled back: the session to 10.0.0.1 was lost',
      backTo: before,
    });
    expect(inForce).to.have.deep.members([
      { revision: before, nodes: 1 },
      { revision, nodes: 1 },
    ]);
  });

  it('keeps the reason when the node connects again, and does not send the content', async () => {
    const agent = new MemoryAgent({ name: 'node-0' });
    const channel = lab.connect(agent);
    await joined(1);
    const before = (await lab.push(configWith(64_513), 60)).revision;
    agent.reaches = 'applied';
    const { revision } = await lab.push(configWith(64_514), 0);
    await nodeIs('node-0', ({ push }) => expect(push?.state).to.equal('applied'));
    agent.rollBack('no session', before);
    agent.reach('confirmed');
    await nodeIs('node-0', ({ push }) => expect(push?.state).to.equal('rolled-back'));
    await channel.stop();
    await joined(0);
    agent.show({
      revisions: {
        accepted: before,
        inForce: before,
        confirmed: before,
        rejected: [{ ...revision, at, reason: 'rolled back: no session' }],
      },
    });
    lab.connect(agent);
    await joined(1);
    await nodeIs('node-0', ({ push }) => {
      expect(push).to.deep.include({
        state: 'rolled-back',
        message: 'rolled back: no session',
        backTo: before,
      });
    });
    expect(agent.received).to.have.length(2);
  });

  it('has less for an older agent, and ignores additions of a newer one', async () => {
    const older = new WebSocket(`ws://${lab.listen}/v1/agents`, ['calico-agent.v1'], {
      headers: { authorization: `Bearer ${token}` },
    });
    const ended = new Promise((resolve) => older.once('close', resolve));
    await new Promise((resolve) => older.once('open', resolve));
    older.send(JSON.stringify(helloOf()));
    const { sessions: _sessions, guard: _guard, ...plain } = { ...statusOf('in-force') };
    older.send(JSON.stringify({ type: 'status', changed: plain }));
    await nodeIs('node-0', (node) => {
      expect(node.state).to.equal('in-force');
      expect(node).to.not.have.any.keys('gates', 'sessions', 'guard', 'confirming');
    });
    const newer = {
      ...changing,
      progress: { ...changing.progress, gates: [{ ...gate, colour: 'red' }], phase: 7 },
      sessions: { ...changing.sessions, flapping: 2 },
      mood: { is: 'good' },
      weather: 'fine',
    };
    older.send(JSON.stringify({ type: 'status', changed: newer }));
    await nodeIs('node-0', (node) => {
      expect(node.gates?.[0]?.condition).to.equal(gate.condition);
      expect(node.sessions).to.deep.equal(changing.sessions);
      expect(node.connected).to.equal(true);
    });
    older.close();
    await ended;
  });

  it('names unknown values of a newer agent, and stays connected with it', async () => {
    const newer = new WebSocket(`ws://${lab.listen}/v1/agents`, ['calico-agent.v1'], {
      headers: { authorization: `Bearer ${token}` },
    });
    await new Promise((resolve) => newer.once('open', resolve));
    const say = (message: object): void => newer.send(JSON.stringify(message));
    const hello = helloOf();
    say({ ...hello, mood: 'fine', facts: { ...hello.facts, rack: 'a' } });
    const long = `\u0007${'x'.repeat(200)}`;
    const status = { ...statusOf(), guard: { state: long, routes: 1 }, state: 'hibernating' };
    const issues = ['a', 'b', 'c'].map((code) => ({
      ...{ severity: 'note', code, pointer: '', message: '', colour: 'red' },
    }));
    say({ type: 'status', changed: { ...status, issues } });
    await nodeIs('node-0', (node) => {
      expect(node).to.not.have.any.keys('state', 'guard');
      expect(node.unknown).to.have.length(2);
      expect(node.unknown).to.deep.include({ pointer: '/state', text: 'hibernating' });
      const guard = node.unknown?.find(({ pointer }) => pointer === '/guard/state');
      expect(guard?.text)
        .to.have.length(64)
        .and.match(/^\\u0007x/);
    });
    say({ type: 'status', changed: { message: 'asleep' } });
    await nodeIs('node-0', ({ message, unknown, state }) => {
      expect([message, unknown?.length, state]).to.deep.equal(['asleep', 2, undefined]);
    });
    say({ type: 'dream', of: 'electric sheep' });
    say({ type: 'ack', ...ref(1), stage: 'pondered' });
    say({ type: 'status', changed: { guard: null, state: 'in-force' } });
    await nodeIs('node-0', (node) => {
      expect(node).to.include({ state: 'in-force', connected: true });
      expect(node).to.not.have.any.keys('unknown', 'guard');
    });
    const ended = new Promise((resolve) => newer.once('close', resolve));
    say({ type: 'status', changed: { state: 5 } });
    await nodeIs('node-0', ({ connected: isConnected, unknown }) =>
      expect([isConnected, unknown]).to.deep.equal([true, [{ pointer: '/state', text: '5' }]]),
    );
    say({ type: 'status', changed: { message: 5 } });
    await ended;
  });
});

function ref(number: number): RevisionRef {
  return { lineage: 'controller:default', number, digest: `sha256:${'1'.repeat(64)}` };
}

const mesh = `
global-as-number: 65001
node-to-node-mesh: true
global-bgp-peers: [{address: 10.0.0.1, as-number: 65000}]
`;
const withoutMesh = mesh.replace('mesh: true', 'mesh: false');

describe('a controller with a fleet of real agents', function () {
  this.timeout(300_000);
  let lab: Lab;
  let fleet: AgentsOfFleet;
  beforeEach(async () => {
    lab = await Lab.make();
    await lab.start();
    fleet = await startFleet(3);
    for (const { bird } of fleet.members) {
      bird.sessions = { '10.0.0.1': {} };
      bird.routes = ['192.168.1.0/26'];
    }
    for (const { agent } of fleet.members) lab.connect(agent);
    await eventually(async () => expect((await lab.status()).connected).to.equal(3));
  });
  afterEach(async () => {
    await lab.close();
    await fleet.stop();
  });
  /** Time passes until all agents are in this state. */
  const until = async (isSo: (status: AgentStatus) => boolean, seconds: number): Promise<void> => {
    await eventually(() => {
      for (const { status } of fleet.members)
        expect(status().revisions.accepted).to.be.an('object');
    });
    await fleet.until(isSo, seconds);
  };
  const confirmedBy =
    (number: number) =>
    ({ state, revisions }: AgentStatus): boolean =>
      state === 'in-force' && revisions.confirmed?.number === number;
  const accepted =
    (number: number) =>
    ({ revisions }: AgentStatus): boolean =>
      revisions.accepted?.number === number;

  it('shows the gate, and after its time the nodes that rolled back, the reason, and the revision in force', async () => {
    const { revision: first } = await lab.push(mesh);
    await until(accepted(1), 60);
    await fleet.until(confirmedBy(1), 120);
    const pushed = lab.push(withoutMesh, 3600);
    await eventually(() => {
      for (const { status } of fleet.members) expect(accepted(2)(status())).to.equal(true);
    });
    // The node's earlier sessions are known, and the gate requires its condition for 10 s.
    await fleet.pass(2);
    const [, second] = fleet.members;
    if (second !== undefined) second.bird.routes = [];
    await fleet.pass(30);
    await eventually(async () => {
      const { waiting = [] } = await lab.status();
      expect(waiting[0]?.nodes).to.be.above(0);
      expect(JSON.stringify(waiting)).to.contain('it lacks a route to a pod block');
      expect((await lab.node('node-0'))?.sessions).to.deep.include({ expected: 1, established: 1 });
    });
    await fleet.until(confirmedBy(1), 400);
    const { ended, nodes = [], inForce } = await pushed;
    expect(ended).to.equal('all');
    for (const node of nodes) {
      expect(node).to.deep.include({ state: 'rolled-back', backTo: first });
      expect(node.message).to.be.a('string');
    }
    expect(nodes.map(({ message }) => message).join()).to.contain(
      'it lacks a route to a pod block',
    );
    expect(inForce).to.deep.equal([{ revision: first, nodes: 3 }]);
  });
});
