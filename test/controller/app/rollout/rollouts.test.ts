/** Rollouts of a controller that is killed, of agents that fail, and of people who decide. */
import { expect } from 'chai';
import { viewNodes } from '../../../../controller/app/fleet/fleet-view.ts';
import { failure } from '../../../support/failure.ts';
import { FleetOfAgents } from './fleet-of-agents.ts';

const before = 'global-as-number: 64512\n';
const after = 'global-as-number: 64513\n';
const waves = [
  { name: 'canary', nodes: ['a'] },
  { name: 'second', nodes: ['b', 'c'] },
];
const names = ['a', 'b', 'c', 'd'];

/** Agents with revision 1, and a controller that knows them. */
async function fleetWith(agents: readonly string[] = names): Promise<FleetOfAgents> {
  const fleet = new FleetOfAgents(agents);
  await fleet.boot();
  await fleet.pushText(before);
  await fleet.turns(1);
  return fleet;
}

/** Another controller goes on, and no agent has connected to it yet. */
async function bootAlone(fleet: FleetOfAgents): Promise<void> {
  await fleet.fleetStore.saveNodes(fleet.fleet.stored());
  await fleet.fleetStore.saveAnswers(fleet.fleet.answers(names));
  const connect = fleet.connect.bind(fleet);
  for (const agent of fleet.agents) agent.link = undefined;
  fleet.connect = () => undefined;
  await fleet.boot();
  fleet.connect = connect;
}

describe('the rollouts of a controller', () => {
  let fleet: FleetOfAgents;
  beforeEach(async () => {
    fleet = await fleetWith();
  });
  afterEach(async () => {
    await fleet.rollouts.stop();
    expect(fleet.faults).to.deep.equal([]);
  });

  it('give one wave after the other the configuration, and the cluster-wide resources at the end', async () => {
    const started = await fleet.start(after, { waves });
    expect(started).to.deep.include({
      result: 'started',
      waves: [
        { name: 'canary', nodes: 1, names: ['a'] },
        { name: 'second', nodes: 2, names: ['b', 'c'] },
        { name: 'rest', nodes: 1, names: ['d'] },
      ],
    });
    fleet.answer();
    expect(fleet.numbers()).to.equal('a2 b1 c1 d1');
    expect(fleet.agent('a').given.at(-1)).to.include({ number: 2, clusterShare: 'later' });
    const states = viewNodes(fleet.fleet, '2026-10-26T12:00:00Z').map(({ push }) => push?.state);
    expect(states).to.deep.equal(['confirmed', 'later', 'later', 'later']);
    await fleet.turns(20);
    expect(fleet.view()).to.include({ phase: 'done', number: 2, newest: 3, base: 1 });
    expect(fleet.numbers()).to.equal('a3 b3 c3 d3');
    expect(fleet.agent('d').given.at(-1)).to.not.have.property('clusterShare');
    expect(fleet.agent('d').given.map(({ number }) => number)).to.deep.equal([1, 2, 3]);
  });

  it('go back in reverse order where a node refuses it, and name the node', async () => {
    fleet.agent('c').refuses = after;
    await fleet.start(after, { waves });
    await fleet.turns(2);
    expect(fleet.view().waves.map(({ name, state }) => `${name} ${state}`)).to.deep.equal([
      'canary done',
      'second going-back',
      'rest later',
    ]);
    expect(fleet.view().reason).to.equal('1 node failed: c: it cannot use this');
    await fleet.turns(10);
    expect(fleet.view()).to.include({ phase: 'aborted', newest: 4 });
    expect(fleet.numbers()).to.equal('a4 b4 c4 d4');
    expect(fleet.agent('d').given.map(({ number }) => number)).to.deep.equal([1, 4]);
    expect(fleet.agent('a').given.map(({ number, text }) => [number, text])).to.deep.equal([
      [1, before],
      [2, after],
      [3, before],
      [4, before],
    ]);
  });

  for (const ending of ['done', 'aborted'] as const) {
    for (const death of ['before', 'after'] as const) {
      it(`end ${ending} although the controller is killed ${death} any of its writes`, async () => {
        let kills = 0;
        for (let commit = 1; commit <= 60; commit += 1) {
          await fleet.rollouts.stop();
          fleet = await fleetWith();
          if (ending === 'aborted') fleet.agent('c').refuses = after;
          const last = fleet.store.commits;
          fleet.store.dies = (made) => (made === last + commit ? death : undefined);
          await fleet.start(after, { waves }).catch(() => undefined);
          for (let turn = 0; turn < 30; turn += 1) {
            if (fleet.store.isDead) {
              kills += 1;
              await fleet.boot();
              const { rollout } = fleet.rollouts.current() ?? {};
              if (rollout?.kind !== 'rollout') await fleet.start(after, { waves });
            }
            await fleet.turns(1);
          }
          const { phase, newest } = fleet.view();
          expect(phase, `killed ${death} write ${String(commit)}`).to.equal(ending);
          expect(new Set(fleet.agents.map(({ number }) => number))).to.deep.equal(
            new Set([newest]),
          );
          expect(fleet.faults).to.deep.equal([]);
          if (kills < commit) return;
        }
        throw new Error('it never came to its end without a kill');
      });
    }
  }

  it('do not take a wave for confirmed before its nodes had time to connect to a new controller', async () => {
    fleet.agent('b').isSlow = true;
    await fleet.start(after, { waves });
    await fleet.turns(2, 60);
    expect(fleet.numbers()).to.equal('a2 b2 c2 d1');
    await fleet.fleetStore.saveNodes(fleet.fleet.stored());
    const slow = fleet.agent('b');
    const connect = fleet.connect.bind(fleet);
    fleet.connect = (agent) => (agent === slow ? undefined : connect(agent));
    await fleet.boot();
    await fleet.turns(2, 1);
    expect(fleet.view().waves[1]).to.include({ state: 'running', confirmed: 1, left: 1 });
  });

  it('wait on the way back for nodes that have not connected to a new controller yet', async () => {
    await fleet.start(after, { waves });
    await fleet.turns(2);
    await fleet.rollouts.ask({ type: 'abort', by: 'eva' });
    await bootAlone(fleet);
    await fleet.turns(2, 1);
    expect(fleet.view()).to.include({ phase: 'back', newest: 3, step: 'wave rest' });
    for (const agent of fleet.agents) fleet.connect(agent);
    await fleet.turns(4);
    expect(fleet.view()).to.include({ phase: 'aborted', newest: 4 });
  });

  it('wait for nodes that roll back by themselves and have not said what they have', async () => {
    await fleet.rollouts.stop();
    fleet = new FleetOfAgents(names);
    await fleet.boot();
    await fleet.start(after, { waves });
    await fleet.turns(1);
    fleet.answer();
    await fleet.rollouts.ask({ type: 'abort', by: 'eva' });
    await bootAlone(fleet);
    await fleet.turns(2, 1);
    expect(fleet.view().step).to.equal('wave second');
    for (const agent of fleet.agents) agent.isSilent = true;
    for (const agent of fleet.agents) fleet.connect(agent);
    await fleet.turns(2, 60);
    expect(fleet.view().step).to.equal('wave second');
    for (const agent of fleet.agents) agent.isSilent = false;
    for (const agent of fleet.agents) fleet.tellStatus(agent);
    await fleet.turns(1);
    expect(fleet.view().phase).to.equal('back');
    for (const agent of fleet.agents) {
      agent.accepted = undefined;
      fleet.tellStatus(agent);
    }
    await fleet.turns(4);
    expect(fleet.view().phase).to.equal('aborted');
  });

  it('take no push for done before its nodes had time to connect to a new controller', async () => {
    for (const agent of fleet.agents) agent.isSlow = true;
    await fleet.pushText(after);
    fleet.answer();
    await bootAlone(fleet);
    await fleet.rollouts.look();
    expect(fleet.view().phase).to.equal('forward');
    await fleet.turns(2, 60);
    expect(fleet.view().phase).to.equal('done');
  });

  it('begin no wave while no agent has connected to a new controller', async () => {
    await fleet.start(after, { waves, settle: '1s' });
    fleet.answer();
    await fleet.rollouts.look();
    expect(fleet.view().waves[0]).to.include({ state: 'settling' });
    await bootAlone(fleet);
    await fleet.turns(2, 20);
    expect(fleet.view().waves[0]).to.include({ state: 'settling' });
    for (const agent of fleet.agents) fleet.connect(agent);
    await fleet.turns(1);
    expect(fleet.view().waves[0]).to.include({ state: 'done' });
  });

  it('do not take a wave for confirmed whose only node has not come back to a new controller', async () => {
    await fleet.start(after, { waves });
    const lost = fleet.agent('a');
    lost.link = undefined;
    const connect = fleet.connect.bind(fleet);
    fleet.connect = (agent) => (agent === lost ? undefined : connect(agent));
    await fleet.boot();
    await fleet.turns(2, 60);
    expect(fleet.view().waves[0]).to.include({ state: 'running', nodes: 1, away: 1 });
    expect(fleet.numbers()).to.equal('a1 b1 c1 d1');
  });

  it('go on without a node whose agent is too old, and say why', async () => {
    const old = fleet.agent('c');
    await fleet.start(after, { waves });
    await fleet.turns(1);
    const { link } = old;
    const ref = fleet.fleet.revision();
    if (link === undefined || ref === undefined) throw new Error('it is not there');
    const failed = { code: 'agent-too-old', message: 'not sent: it needs 0.3', issues: [] };
    old.inbox.length = 0;
    fleet.fleet.reportProgress(link, ref, { kind: 'nack', ...failed });
    await fleet.turns(1);
    expect(fleet.view().waves[1]).to.include({ failed: 0, away: 1, confirmed: 1 });
    expect(fleet.view().failures).to.deep.equal([
      { node: 'c', wave: 'second', why: 'not sent: it needs 0.3' },
    ]);
    expect(fleet.view().phase).to.equal('forward');
  });

  it('bring a node that connects in the middle to what its wave has', async () => {
    const away = fleet.agent('b');
    fleet.disconnect(away);
    await fleet.start(after, { waves });
    await fleet.turns(1);
    fleet.answer();
    await fleet.rollouts.look();
    expect(fleet.view().waves[1]).to.include({ state: 'settling', away: 1, confirmed: 1 });
    expect(fleet.view().missing).to.deep.equal(['b']);
    fleet.connect(away);
    fleet.answer();
    expect(fleet.numbers()).to.equal('a2 b2 c2 d1');
  });

  it('leave a node whose wave has not begun at what it has', async () => {
    await fleet.start(after, { waves });
    const later = fleet.agent('d');
    fleet.disconnect(later);
    later.accepted = undefined;
    fleet.connect(later);
    fleet.answer();
    expect(fleet.numbers()).to.equal('a2 b1 c1 d1');
  });

  it('wait for a person, who pauses, approves and aborts', async () => {
    await fleet.start(after, { waves, approval: 'each-wave' });
    await fleet.turns(3);
    expect(fleet.view().waitsFor).to.include({ kind: 'approval' });
    await fleet.rollouts.ask({ type: 'approve', by: 'eva' });
    await fleet.turns(1);
    expect(fleet.numbers()).to.equal('a2 b1 c1 d1');
    await fleet.turns(1);
    expect(fleet.numbers()).to.equal('a2 b2 c2 d1');
    await fleet.rollouts.ask({ type: 'pause', by: 'eva', why: 'lunch' });
    expect(fleet.view().paused).to.deep.equal({ cause: 'person', by: 'eva', why: 'lunch' });
    expect((await failure(fleet.rollouts.ask({ type: 'pause', by: 'eva' }))).message).to.equal(
      'cannot pause the rollout: it is paused already',
    );
    await fleet.rollouts.ask({ type: 'abort', by: 'eva', why: 'wrong number' });
    await fleet.turns(8);
    expect(fleet.view()).to.include({
      phase: 'aborted',
      reason: 'eva aborted it: wrong number',
    });
    expect(fleet.numbers()).to.equal('a4 b4 c4 d4');
  });

  it('are taken back after their end as well, also by a controller that has begun anew', async () => {
    await fleet.start(after, { waves });
    await fleet.turns(20);
    await fleet.boot();
    await fleet.rollouts.ask({ type: 'abort', by: 'eva' });
    await fleet.turns(10);
    expect(fleet.view()).to.include({ phase: 'aborted', newest: 4 });
    // A node that rejected this content once takes it all the same.
    expect(fleet.agent('a').given.at(-1)).to.include({ number: 4, text: before, retry: true });
  });

  it('wait for nobody where every node has answered a push', async () => {
    for (const agent of fleet.agents) agent.refuses = after;
    await fleet.pushText(after);
    expect(fleet.view().waitsFor?.text).to.equal('wave all: waits for 4 nodes to confirm');
    fleet.answer();
    expect(fleet.view()).to.not.have.property('waitsFor');
    await fleet.rollouts.look();
    expect(fleet.view().phase).to.equal('done');
  });

  it('take a push back: all nodes get the content before it, with a new number', async () => {
    await fleet.pushText(after);
    await fleet.turns(1);
    await fleet.rollouts.ask({ type: 'abort', by: 'eva' });
    await fleet.turns(3);
    expect(fleet.numbers()).to.equal('a3 b3 c3 d3');
    expect(fleet.agent('d').given.at(-1)).to.include({ number: 3, text: before });
    expect(fleet.fleet.revision()?.by).to.equal('rollout of revision 2, going back');
    // What the nodes confirmed last before it is what was aborted.
    const refused = await failure(fleet.decide.rollBack('eva'));
    expect(refused).to.include({ code: 'rollout-not-possible' });
    expect(refused.message).to.contain('revision 3 has what the nodes had before 2,');
    expect(fleet.fleet.revision()).to.not.have.property('decided');
  });

  it('have each node roll back, the last wave first, where no content was there before', async () => {
    await fleet.rollouts.stop();
    fleet = new FleetOfAgents(names);
    await fleet.boot();
    await fleet.start(after, { waves });
    await fleet.turns(1);
    fleet.answer();
    expect(fleet.numbers()).to.equal('a1 b1 c1 d0');
    await fleet.rollouts.ask({ type: 'abort', by: 'eva' });
    expect(fleet.fleet.revision()?.decided).to.equal('rolled-back');
    // They have nothing else, and keep it.
    await fleet.turns(60);
    expect(fleet.view().phase).to.equal('aborted');
    expect(fleet.agent('d').given).to.deep.equal([]);
  });

  it('refuse a push while one is running, unless it ends the rollout', async () => {
    await fleet.start(after, { waves });
    const refused = await failure(fleet.pushText(before));
    expect(refused).to.include({ code: 'rollout-not-possible' });
    expect(refused.message).to.match(/^cannot push .* revision 2 is running; .* with --supersede/);
    const beside = await failure(fleet.start(before, {}));
    expect(beside.message).to.match(
      /^cannot start the rollout: .* revision 2 is running; .*, or start it with --supersede$/,
    );
    expect(beside.code).to.equal('rollout-not-possible');
    expect((await failure(fleet.decide.rollBack('eva'))).message).to.contain('rollout abort');
    await fleet.pushText(after, true);
    await fleet.turns(1);
    expect(fleet.numbers()).to.equal('a3 b3 c3 d3');
    const rollouts = await fleet.fleetStore.rollouts.all();
    expect(rollouts.map(({ kind, state }) => `${kind} ${state.phase}`)).to.deep.equal([
      'push done',
      'rollout superseded',
      'push done',
    ]);
  });

  for (const [where, days] of [
    ['ahead', 365],
    ['back', -365],
  ] as const) {
    it(`keep their times when the clock jumps a year ${where}, and only windows follow it`, async () => {
      const windows = [{ from: '12:00', to: '15:00', timeZone: 'UTC' }];
      await fleet.start(after, { waves, settle: '10m', windows });
      await fleet.turns(1);
      expect(fleet.view().waves[0]).to.include({ state: 'settling' });
      // At 6 in the evening.
      fleet.jumpMs = (days * 24 + 6) * 3_600_000;
      await fleet.turns(5);
      expect(fleet.view().waves[0]).to.include({ state: 'settling' });
      await fleet.turns(60);
      expect(fleet.view()).to.have.nested.property('waitsFor.kind', 'window');
      expect(fleet.numbers()).to.equal('a2 b1 c1 d1');
      fleet.jumpMs = days * 24 * 3_600_000;
      await fleet.turns(60);
      expect(fleet.view()).to.include({ phase: 'done', newest: 3 });
    });
  }

  it('do not begin while nodes are on the way to the last push', async () => {
    fleet.agent('d').isSlow = true;
    await fleet.pushText(after);
    await fleet.turns(1);
    expect((await failure(fleet.start(before, { waves }))).message).to.contain(
      'connected nodes have not confirmed revision 2 yet',
    );
    expect((await fleet.start(before, { waves }, { supersede: true })).result).to.equal('started');
  });

  it('do not begin while connected nodes have failed with the last push, and name them', async () => {
    for (const name of ['b', 'd']) fleet.agent(name).refuses = after;
    await fleet.pushText(after);
    await fleet.turns(1);
    const next = 'global-as-number: 64514\n';
    expect((await failure(fleet.start(next, { waves }))).message).to.contain(
      'cannot start the rollout: b, d did not take revision 2 (',
    );
    expect((await fleet.start(next, { waves }, { supersede: true })).result).to.equal('started');
  });

  it('do not begin with agents that would change the cluster-wide resources at once', async () => {
    const old = fleet.agent('d');
    old.isOld = true;
    fleet.connect(old);
    expect((await failure(fleet.start(after, { waves }))).message).to.contain(
      'the agents of d are older',
    );
    const next = `${before}ignore-loose-rpf: true\n`;
    expect((await failure(fleet.start(after, {}))).message).to.contain('(AS numbers change)');
    expect((await fleet.start(next, {})).result).to.equal('started');
  });

  it('wait at a barrier until every node is prepared, and say for whom', async () => {
    const [late, away] = [fleet.agent('b'), fleet.agent('c')];
    late.isSlow = true;
    fleet.disconnect(away);
    const one = { waves: waves.slice(0, 1), maxFailures: 4, limit: '1h' };
    const started = await fleet.start(after, one);
    expect(started.barrier).to.equal('AS numbers change');
    await fleet.turns(3);
    for (const stage of ['running', 'settling']) {
      expect(fleet.view().waves[1]?.state).to.equal(stage);
      fleet.ms += 3_600_000;
      await fleet.turns(1);
    }
    const { waitsFor, barrier } = fleet.view();
    expect(barrier).to.equal('AS numbers change');
    expect(waitsFor).to.deep.include({
      kind: 'barrier',
      text: 'barrier before the cluster share: 2 of 4 nodes prepared; waits for b (on the way), c (away)',
      arrived: 2,
      nodes: 4,
      absent: [
        { node: 'b', why: 'on the way' },
        { node: 'c', why: 'away' },
      ],
    });
    await fleet.boot();
    late.isSlow = false;
    for (const agent of [late, away]) fleet.connect(agent);
    await fleet.turns(1);
    expect(fleet.view()).to.include({ step: 'the cluster share', newest: 3 });
    await fleet.turns(3);
    expect(fleet.view().phase).to.equal('done');
    expect(fleet.numbers()).to.equal('a3 b3 c3 d3');
  });

  it('have a barrier also where all nodes are one wave, and none where nodes need not wait', async () => {
    fleet.disconnect(fleet.agent('d'));
    await fleet.start(after, {});
    await fleet.turns(3);
    expect(fleet.view().waitsFor).to.include({ kind: 'barrier', arrived: 3, nodes: 4 });
    expect(fleet.agent('a').given.at(-1)).to.include({ number: 2, clusterShare: 'later' });
    await fleet.pushText(`${before}# again\n`, true);
    await fleet.turns(2);
    await fleet.start(`${before}ignore-loose-rpf: true\n`, {});
    await fleet.turns(3);
    expect(fleet.view()).to.include({ phase: 'done' });
    expect(fleet.view()).to.not.have.property('barrier');
  });

  it('have a barrier also against what a rollout that they end gave to all nodes, and those before it', async () => {
    await fleet.start(after, { settle: '1h' });
    await fleet.turns(1, 3600);
    fleet.answer();
    await fleet.rollouts.look();
    expect(fleet.view()).to.include({ step: 'the cluster share', newest: 3, base: 1 });
    fleet.disconnect(fleet.agent('d'));
    // The nodes had AS number 64512 before, and have 64513 now.
    const like = `${before}ignore-loose-rpf: true\n`;
    const started = await fleet.start(like, {}, { supersede: true });
    expect(started.barrier).to.equal('AS numbers change');
    await fleet.turns(3);
    expect(fleet.view().waitsFor).to.include({ kind: 'barrier', arrived: 3, nodes: 4 });
    expect(fleet.view()).to.include({ number: 4, base: 1 });
    const again = await fleet.start(`${like}# again\n`, {}, { supersede: true });
    expect(again.barrier).to.equal('AS numbers change');
  });

  it('go back from a barrier at which a node does not arrive, and the cluster share never went out', async () => {
    fleet.disconnect(fleet.agent('c'));
    await fleet.start(after, { waves, barrier: { limit: '10m' } });
    await fleet.turns(30);
    expect(fleet.view()).to.include({
      phase: 'aborted',
      reason:
        'the barrier before the cluster share: 1 of 4 nodes were not prepared in time: c (away)',
    });
    const whole = fleet.agents.flatMap(({ given }) =>
      given.filter(({ text, clusterShare }) => text === after && clusterShare === undefined),
    );
    expect(whole).to.deep.equal([]);
  });

  it('leave nodes behind that are away, where the strategy says so, or a person who has seen them', async () => {
    fleet.disconnect(fleet.agent('c'));
    await fleet.start(after, { waves, barrier: { away: 'leave' } });
    await fleet.turns(12);
    expect(fleet.view()).to.include({ phase: 'done' });
    expect(fleet.view().missing).to.deep.equal(['c']);
    await fleet.start(before, { waves, onFailure: 'pause', barrier: { limit: '5m' } });
    await fleet.turns(20);
    expect(fleet.view().paused?.why).to.contain('the barrier before the cluster share: 1 of 4');
    await fleet.rollouts.ask({ type: 'resume', by: 'eva' });
    await fleet.turns(4);
    expect(fleet.view()).to.include({ phase: 'done' });
  });

  it('wait for those that are away where a person goes on without a node that failed at the barrier', async () => {
    fleet.disconnect(fleet.agent('c'));
    await fleet.start(after, { onFailure: 'pause', barrier: { limit: '2h' } });
    await fleet.turns(3);
    const { link, accepted } = fleet.agent('b');
    if (link === undefined || accepted === undefined) throw new Error('it is not there');
    const nack = { code: 'invalid-config', message: 'no', issues: [] };
    fleet.fleet.reportProgress(link, accepted, { kind: 'nack', ...nack });
    await fleet.rollouts.look();
    expect(fleet.view().paused?.why).to.equal('1 node failed: b: no');
    await fleet.rollouts.ask({ type: 'resume', by: 'eva' });
    await fleet.rollouts.look();
    expect(fleet.view().waitsFor?.text).to.equal(
      'barrier before the cluster share: 2 of 3 nodes prepared; waits for c (away)',
    );
  });

  it('pause for a late node and one that is away together, and go on without them, also after a restart', async () => {
    fleet.disconnect(fleet.agent('b'));
    await fleet.start(after, { waves: [{ nodes: ['a', 'b'] }], onFailure: 'pause', limit: '2m' });
    fleet.ms += 120_000;
    await fleet.rollouts.look();
    expect(fleet.view().paused?.why).to.contain('did not confirm in time, 1 node is away, and no');
    await bootAlone(fleet);
    await fleet.rollouts.ask({ type: 'resume', by: 'eva' });
    await fleet.turns(2);
    expect(fleet.view()).to.not.have.property('paused');
    expect(fleet.view().waves[1]?.state).to.equal('running');
    expect(fleet.view().waves[0]?.without).to.deep.equal({ count: 2, nodes: ['a', 'b'] });
  });

  it('refuse waves behind a barrier unless losses are accepted', async () => {
    const strategy = { waves, clusterShare: 'canary' };
    const { issues } = await failure(fleet.start(after, strategy));
    expect(issues.map(({ code, message }) => [code, message])).to.deep.equal([
      [
        'wave-after-barrier',
        'the cluster-wide resources would change after the wave "canary", and AS numbers change: the nodes of later waves (second, rest) are not prepared for that, and would lose sessions',
      ],
    ]);
    expect((await fleet.start(after, strategy, { acceptLoss: true })).result).to.equal('started');
  });

  it('go on without a forgotten node, also where its wave has no other one, and after a restart', async () => {
    const lost = fleet.agent('a');
    fleet.disconnect(lost);
    await fleet.start(after, { waves, limit: '1h' });
    await fleet.turns(2);
    expect(fleet.view().waves[0]).to.include({ state: 'running', nodes: 1, away: 1 });
    fleet.fleet.forget(['a']);
    await fleet.fleetStore.saveNodes(fleet.fleet.stored());
    await fleet.rollouts.look();
    expect(fleet.view().waves[0]).to.include({ state: 'settling', nodes: 0, away: 0 });
    const connect = fleet.connect.bind(fleet);
    fleet.connect = (agent) => (agent === lost ? undefined : connect(agent));
    await fleet.boot();
    expect(fleet.view().waves[0]).to.include({ state: 'settling', nodes: 0 });
    await fleet.turns(20);
    expect(fleet.view()).to.include({ phase: 'done' });
    expect(fleet.numbers()).to.equal('a1 b3 c3 d3');
  });

  it('go on without a node that was forgotten just before the controller died', async () => {
    const lost = fleet.agent('d');
    fleet.disconnect(lost);
    await fleet.start(after, {});
    await fleet.turns(1);
    fleet.fleet.forget(['d']);
    await fleet.fleetStore.saveNodes(fleet.fleet.stored());
    const connect = fleet.connect.bind(fleet);
    fleet.connect = (agent) => (agent === lost ? undefined : connect(agent));
    await fleet.boot();
    await fleet.rollouts.look();
    expect(fleet.view().waves[0]).to.include({ nodes: 4, left: 1 });
    await fleet.turns(2);
    expect(fleet.view().waves[0]).to.include({ nodes: 3, away: 0 });
    await fleet.turns(4);
    expect(fleet.view()).to.include({ phase: 'done' });
  });

  it('still wait for a node whose record cannot be read', async () => {
    const lost = fleet.agent('d');
    fleet.disconnect(lost);
    await fleet.start(after, {});
    await fleet.fleetStore.saveNodes(fleet.fleet.stored());
    const { records } = await fleet.store.list({ kind: 'node', limit: 10 });
    const record = records.find(({ key }) => key.endsWith('d'));
    if (record === undefined) throw new Error('there is no record');
    fleet.store.put(record, '{}');
    const connect = fleet.connect.bind(fleet);
    fleet.connect = (agent) => (agent === lost ? undefined : connect(agent));
    await fleet.boot();
    await fleet.turns(4);
    expect(fleet.fleet.unreadable()).to.deep.equal(['d']);
    expect(fleet.view().waitsFor).to.include({ kind: 'barrier', arrived: 3, nodes: 4 });
  });

  it('go on without a node that was forgotten while the rollout was prepared', async () => {
    fleet.disconnect(fleet.agent('d'));
    const { saveMembers } = fleet.fleetStore.rollouts;
    const rollouts = {
      ...fleet.fleetStore.rollouts,
      saveMembers: async (...given: Parameters<typeof saveMembers>) => {
        const parts = await saveMembers(...given);
        fleet.fleet.forget(['d']);
        return parts;
      },
    };
    fleet.fleetStore = { ...fleet.fleetStore, rollouts };
    // A node that joined after the last push is no member of the push.
    const live = fleet.rollouts.current();
    if (live === undefined) throw new Error('there is no push');
    fleet.rollouts.restore({ ...live, members: new Map() });
    await fleet.start(after, {});
    expect(fleet.view().waves[0]).to.include({ nodes: 3, away: 0 });
  });

  it('say of a node that is away that its agent is too old, also after a restart', async () => {
    const old = fleet.agent('d');
    old.isOld = true;
    fleet.connect(old);
    fleet.disconnect(old);
    await fleet.fleetStore.saveNodes(fleet.fleet.stored());
    const connect = fleet.connect.bind(fleet);
    fleet.connect = (agent) => (agent === old ? undefined : connect(agent));
    await fleet.boot();
    await fleet.start(after, { waves: [{ nodes: ['d', 'a'] }] });
    expect(fleet.view().failures).to.deep.equal([
      {
        node: 'd',
        wave: 'wave-1',
        why: 'it is away, and its agent is too old for this: it gets the revision with the cluster-wide resources only',
      },
    ]);
  });

  it('give nodes a deadline until a person has confirmed, and once more at the end', async () => {
    await fleet.start(after, { waves }, { confirmSeconds: 60 });
    expect(fleet.agent('a').given.at(-1)).to.include({ number: 2, confirmSeconds: 60 });
    await fleet.decide.confirm('eva');
    await fleet.turns(20);
    expect(fleet.agent('b').given[1]).to.not.have.property('confirmSeconds');
    expect(fleet.agent('b').given[2]).to.include({ number: 3, confirmSeconds: 60 });
    expect((await failure(fleet.start(before, {}, { confirmSeconds: 900 }))).message).to.contain(
      'cannot start the rollout: a person may take 900 s to confirm, and a wave has failed after 15m',
    );
  });

  it('do not begin with waves that have no node, and name them', async () => {
    const refused = await failure(fleet.start(after, { waves: [{ nodes: ['x*'] }] }));
    expect(refused.issues.map(({ code, pointer }) => `${code} ${pointer}`)).to.deep.equal([
      'wave-without-nodes /waves/0',
    ]);
    expect(fleet.fleet.lastNumber()).to.equal(1);
  });

  for (const [what, kind] of [
    ['a rollout', 'rollout'],
    ['the waves of the nodes', 'rollout-members'],
    ['the base', 'revision'],
  ] as const) {
    it(`give nobody anything where ${what} cannot be read, and say so`, async () => {
      await fleet.start(after, { waves });
      fleet.answer();
      const { records } = await fleet.store.list({ kind, limit: 10 });
      const record = records.find(({ key }) => kind !== 'revision' || key.endsWith('1'));
      if (record === undefined) throw new Error('there is no record');
      const place = kind === 'rollout' ? (records.at(-1) ?? record) : record;
      fleet.store.put(place, kind === 'revision' ? place.text.replace('64512', '64599') : '{}');
      await fleet.boot();
      expect(fleet.problem).to.match(
        /agents keep their configuration; push the configuration again$/,
      );
      await fleet.turns(3);
      expect(fleet.numbers()).to.equal('a2 b1 c1 d1');
      await fleet.pushText(after);
      await fleet.turns(1);
      expect(fleet.numbers()).to.equal('a3 b3 c3 d3');
    });
  }
});
