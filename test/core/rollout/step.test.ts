import { expect } from 'chai';
import { beginRollout } from '../../../core/rollout/begin-rollout.ts';
import { nothing } from '../../../core/rollout/seen.ts';
import { stepRollout } from '../../../core/rollout/step.ts';
import { backSteps } from '../../../core/rollout/steps.ts';
import { plainStrategy } from '../../../core/rollout/strategy.ts';
import { isToldToRollBack, isTurn, targetOf } from '../../../core/rollout/targets.ts';
import { waitsFor } from '../../../core/rollout/waits-for.ts';
import { isRolloutRecord } from '../../../schemas/generated/rollout-record.validator.js';
import { SimulatedFleet } from './simulated-fleet.ts';

const names = ['a', 'b', 'c', 'd'];
const waves = [
  { name: 'canary', nodes: ['a'] },
  { name: 'second', nodes: ['b'] },
];

function fleetWith(more: ConstructorParameters<typeof SimulatedFleet>[1] = {}): SimulatedFleet {
  const fleet = new SimulatedFleet(names, { waves, settle: '60s', limit: '10m', ...more });
  fleet.look();
  return fleet;
}

function accepted(fleet: SimulatedFleet): string {
  return [...fleet.nodes].map(([name, node]) => `${name}${String(node.accepted)}`).join(' ');
}

function waitOf(fleet: SimulatedFleet): string | undefined {
  return waitsFor(fleet.rollout, fleet.seen(), fleet)?.text;
}

/** Confirms wave after wave until the rollout is over. */
function finish(fleet: SimulatedFleet): void {
  for (let turn = 0; turn < 20; turn += 1) {
    fleet.confirm();
    fleet.look();
    fleet.pass(60);
  }
}

describe('a rollout', () => {
  it('gives one wave after the other the revision, and then all nodes the cluster-wide resources', () => {
    const fleet = fleetWith();
    expect(accepted(fleet)).to.equal('a2 b1 c1 d1');
    expect(waitOf(fleet)).to.equal('wave canary: waits for 1 node to confirm');
    fleet.confirm();
    fleet.look();
    expect(fleet.phase).to.equal('forward settling');
    fleet.pass(59);
    expect(accepted(fleet)).to.equal('a2 b1 c1 d1');
    fleet.pass(1);
    expect(accepted(fleet)).to.equal('a2 b2 c1 d1');
    fleet.confirm();
    fleet.look();
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a2 b2 c2 d2');
    fleet.confirm();
    fleet.look();
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a3 b3 c3 d3');
    expect(fleet.rollout.revisions).to.deep.equal({ base: 1, target: 2, share: 3 });
    finish(fleet);
    expect(fleet.phase).to.equal('done');
  });

  it('writes the cluster-wide resources after the wave that the strategy names', () => {
    const fleet = fleetWith({ clusterShare: 'canary' });
    fleet.confirm();
    fleet.look();
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a3 b1 c1 d1');
    fleet.confirm();
    fleet.look();
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a3 b3 c1 d1');
    finish(fleet);
    expect(accepted(fleet)).to.equal('a3 b3 c3 d3');
    expect(fleet.phase).to.equal('done');
  });

  it('goes back in reverse order when a node fails, and gives all nodes the base at the end', () => {
    const fleet = fleetWith();
    fleet.confirm();
    fleet.look();
    fleet.pass(60);
    fleet.node('b').state = 'failed';
    fleet.look();
    expect(fleet.rollout.state.reason).to.equal('1 node failed: b: it failed');
    expect(fleet.rollout.revisions).to.deep.include({ target: 2, back: 3 });
    expect(accepted(fleet)).to.equal('a2 b3 c1 d1');
    fleet.confirm();
    fleet.look();
    expect(accepted(fleet)).to.equal('a3 b3 c1 d1');
    fleet.confirm();
    fleet.look();
    expect(accepted(fleet)).to.equal('a4 b4 c4 d4');
    expect(fleet.phase).to.equal('back running');
    fleet.confirm();
    fleet.look();
    expect(fleet.phase).to.equal('aborted');
    const added = fleet.actions.flatMap((one) => (one.type === 'add-revision' ? [one] : []));
    expect(added).to.deep.equal([
      { type: 'add-revision', content: 'base', number: 3, later: true },
      { type: 'add-revision', content: 'base', number: 4, later: false },
    ]);
  });

  it('says how many nodes could not go back', () => {
    const fleet = fleetWith();
    fleet.send({ type: 'abort', why: 'test' });
    fleet.confirm();
    fleet.look();
    fleet.node('c').state = 'failed';
    fleet.confirm();
    fleet.look();
    expect(fleet.phase).to.equal('aborted');
    expect(fleet.actions.at(-1)).to.include({ text: 'aborted; 1 node could not go back: test' });
  });

  it('goes back also when a node of an earlier wave fails, and while a wave settles', () => {
    const fleet = fleetWith();
    fleet.confirm();
    fleet.look();
    fleet.pass(30);
    fleet.node('a').state = 'failed';
    fleet.look();
    expect(fleet.phase).to.equal('back running');
  });

  it('waits for a node on the way back at most for the limit', () => {
    const fleet = fleetWith();
    fleet.send({ type: 'abort', why: 'test' });
    expect(accepted(fleet)).to.equal('a3 b1 c1 d1');
    fleet.pass(599);
    expect(accepted(fleet)).to.equal('a3 b1 c1 d1');
    fleet.pass(1);
    expect(accepted(fleet)).to.equal('a4 b4 c4 d4');
  });

  it('goes on with as many failures as are allowed', () => {
    const fleet = fleetWith({ maxFailures: 1 });
    fleet.confirm();
    fleet.look();
    fleet.pass(60);
    fleet.node('a').state = 'failed';
    fleet.confirm();
    fleet.look();
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a2 b2 c2 d2');
    fleet.node('c').state = 'failed';
    fleet.look();
    expect(fleet.phase).to.equal('back running');
  });

  it('fails when a node has not confirmed by the limit', () => {
    const fleet = fleetWith();
    fleet.pass(599);
    expect(fleet.phase).to.equal('forward running');
    fleet.pass(1);
    expect(fleet.phase).to.equal('back running');
    expect(fleet.rollout.state.reason).to.equal('1 node of wave canary did not confirm in time');
  });

  it('fails when a node disconnected after it took the revision, and does not come back', () => {
    const fleet = fleetWith();
    fleet.node('a').isConnected = false;
    fleet.pass(1);
    expect(waitOf(fleet)).to.equal('wave canary: waits for 1 node to connect again');
    fleet.pass(600);
    expect(fleet.rollout.state.reason).to.equal(
      '1 node of wave canary did not confirm in time (1 disconnected after they took it)',
    );
  });

  it('waits on the way back for a node that disconnected after it took what was before', () => {
    const fleet = fleetWith();
    fleet.send({ type: 'abort', why: 'test' });
    fleet.node('a').isConnected = false;
    fleet.pass(599);
    expect(accepted(fleet)).to.equal('a3 b1 c1 d1');
    fleet.pass(1);
    expect(accepted(fleet)).to.equal('a3 b4 c4 d4');
  });

  it('begins no wave while a node is gone that confirmed the one before, and names it', () => {
    const fleet = fleetWith();
    fleet.confirm();
    fleet.look();
    fleet.node('a').isConnected = false;
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a2 b1 c1 d1');
    expect(waitsFor(fleet.rollout, fleet.seen(), fleet)).to.deep.equal({
      kind: 'settling',
      text: 'wave canary: settles, and waits for a to connect again',
      leftSeconds: 600,
    });
    fleet.node('a').isConnected = true;
    fleet.look();
    expect(accepted(fleet)).to.equal('a2 b2 c1 d1');
  });

  it('fails when a node that confirmed disconnects and does not come back by the limit', () => {
    const fleet = fleetWith({ onFailure: 'pause' });
    fleet.confirm();
    fleet.look();
    fleet.node('a').isConnected = false;
    fleet.pass(659);
    expect(fleet.phase).to.equal('forward settling');
    fleet.pass(1);
    expect(fleet.rollout.state.paused?.why).to.equal(
      'a of wave canary disconnected after confirming, and did not come back in time',
    );
    // A person has seen it.
    fleet.send({ type: 'resume' });
    expect(waitOf(fleet)).to.equal('wave canary: settles');
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a2 b2 c1 d1');
  });

  it('ends no wave, and fails none by the limit, while nodes may connect again', () => {
    const fleet = fleetWith({ limit: '10s' });
    fleet.mayReturn = true;
    fleet.pass(59);
    expect(fleet.phase).to.equal('forward running');
    fleet.confirm();
    fleet.pass(60);
    fleet.pass(60);
    expect(fleet.phase).to.equal('forward settling');
    fleet.mayReturn = false;
    fleet.look();
    expect(accepted(fleet)).to.equal('a2 b2 c1 d1');
    fleet.mayReturn = true;
    fleet.send({ type: 'abort', why: 'test' });
    fleet.pass(59);
    expect(accepted(fleet)).to.equal('a2 b3 c1 d1');
  });

  it('says that nodes wait for a person to confirm', () => {
    const fleet = fleetWith();
    const seen = { ...fleet.seen(), awaitPerson: ['a'] };
    expect(waitsFor(fleet.rollout, seen, fleet)).to.deep.include({
      kind: 'confirm',
      text: 'wave canary: waits for 1 node to confirm; 1 node waits for a person: calico-controller confirm keeps the revision, and without it the nodes roll it back',
    });
    const open = [{ failed: [], working: ['a'], left: ['b'], away: [] }];
    for (const more of [{ mayReturn: true }, { open }, { awaitPerson: [] }]) {
      expect(waitsFor(fleet.rollout, { ...seen, ...more }, fleet)?.kind).to.equal('nodes');
    }
  });

  it('begins no further wave while nodes may connect again, also where it waited for a person', () => {
    const fleet = fleetWith({ approval: 'each-wave' });
    fleet.confirm();
    fleet.look();
    fleet.pass(60);
    fleet.mayReturn = true;
    fleet.send({ type: 'approve' });
    fleet.pass(30);
    expect(waitOf(fleet)).to.equal(
      'wave second: waits for nodes to connect again, because the controller has just begun',
    );
    expect(fleet.phase).to.equal('forward before');
    fleet.mayReturn = false;
    fleet.look();
    expect(fleet.phase).to.equal('forward running');
  });

  it('gives the waves on the way back their turns in the order of its steps', () => {
    const { rollout } = fleetWith();
    for (const begun of [0, 1, 2, 3]) {
      for (let step = 0; step <= begun; step += 1) {
        const state = { ...rollout.state, phase: 'back' as const, begun, step };
        const back = { ...rollout, state };
        const done = backSteps(back).slice(0, step + 1);
        for (const wave of [0, 1, 2, 3]) {
          const isListed = done.some((one) => one.kind === 'all' || one.wave === wave);
          expect(isTurn(back, wave), JSON.stringify({ begun, step, wave })).to.equal(isListed);
        }
      }
    }
  });

  it('does not wait for nodes that were away before, once another one has confirmed', () => {
    const fleet = new SimulatedFleet(names, { waves: [{ nodes: ['a', 'b'] }] });
    fleet.node('b').isConnected = false;
    fleet.look();
    fleet.confirm();
    fleet.look();
    expect(fleet.phase).to.equal('forward settling');
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a2 b1 c2 d2');
    fleet.node('b').isConnected = true;
    fleet.deliver();
    expect(fleet.node('b').accepted).to.equal(2);
  });

  it('fails when no node of a wave is there', () => {
    const fleet = new SimulatedFleet(names, { waves });
    fleet.node('a').isConnected = false;
    fleet.look();
    expect(waitOf(fleet)).to.equal('wave canary: waits for a node to connect and confirm');
    fleet.pass(900);
    expect(fleet.rollout.state.reason).to.equal('no node of wave canary has confirmed in time');
  });

  it('pauses on a failure where the strategy says so, and goes on with what a person has seen', () => {
    const fleet = fleetWith({ onFailure: 'pause' });
    fleet.node('a').state = 'failed';
    fleet.look();
    expect(fleet.rollout.state.paused).to.deep.equal({
      cause: 'failure',
      by: 'the controller',
      why: '1 node failed: a: it failed',
    });
    expect(waitOf(fleet)).to.contain('paused by the controller: 1 node failed: a: it failed; ');
    fleet.send({ type: 'resume' });
    fleet.pass(600);
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a2 b2 c1 d1');
    fleet.node('b').state = 'failed';
    fleet.look();
    expect(fleet.rollout.state.paused?.why).to.equal(
      '2 nodes failed, now also b: a: it failed; b: it failed',
    );
  });

  it('pauses again where nodes fail that were on the way when a person resumed it', () => {
    const fleet = new SimulatedFleet(names, { onFailure: 'pause' });
    fleet.look();
    fleet.node('b').state = 'failed';
    fleet.look();
    fleet.send({ type: 'resume' });
    expect(fleet.rollout.state.toleratedNodes).to.deep.equal(['b']);
    fleet.node('c').state = 'failed';
    fleet.look();
    expect(fleet.rollout.state.paused?.why).to.contain('2 nodes failed');
  });

  it('goes on without nodes that were late when it paused, also after a restart', () => {
    const fleet = new SimulatedFleet(names, { onFailure: 'pause', limit: '10m' });
    fleet.look();
    fleet.confirm('a', 'b', 'c');
    fleet.pass(600);
    expect(fleet.rollout.state.paused?.why).to.contain('1 node of wave all did not confirm');
    fleet.send({ type: 'restarted' });
    for (const node of fleet.nodes.values()) node.state = 'working';
    fleet.send({ type: 'resume' });
    expect(fleet.rollout.state.lateNodes).to.deep.equal(['d']);
  });

  const twoWaves = [
    { name: 'canary', nodes: ['a', 'b'] },
    { name: 'second', nodes: ['c', 'd'] },
  ];

  for (const first of ['is late', 'fails'] as const) {
    it(`pauses for a node that fails after another one, which ${first}, was accepted and has recovered`, () => {
      const fleet = new SimulatedFleet(names, { waves: twoWaves, onFailure: 'pause' });
      fleet.look();
      fleet.confirm('a');
      if (first === 'fails') fleet.node('b').state = 'failed';
      fleet.pass(900);
      fleet.send({ type: 'resume' });
      fleet.node('b').state = 'confirmed';
      fleet.look();
      fleet.pass(60);
      expect(accepted(fleet)).to.equal('a2 b2 c2 d2');
      fleet.confirm('c');
      fleet.node('d').state = 'failed';
      fleet.look();
      expect(fleet.rollout.state.paused?.why).to.equal('1 node failed: d: it failed');
      fleet.send({ type: 'resume' });
      fleet.pass(60);
      expect(accepted(fleet)).to.equal('a3 b3 c3 d3');
      // It had confirmed: with the cluster-wide resources it has to again.
      fleet.node('b').state = 'failed';
      fleet.look();
      expect(fleet.rollout.state.paused?.why).to.contain('1 node failed: b');
    });
  }

  it('pauses for a further failure beyond those that the strategy allows and a person accepted', () => {
    const fleet = new SimulatedFleet(names, { onFailure: 'pause', maxFailures: 1 });
    fleet.look();
    for (const name of ['a', 'b']) fleet.node(name).state = 'failed';
    fleet.look();
    fleet.send({ type: 'resume' });
    expect(fleet.phase).to.equal('forward running');
    expect(fleet.rollout.state.paused).to.equal(undefined);
    fleet.node('c').state = 'failed';
    fleet.look();
    expect(fleet.rollout.state.paused?.why).to.contain('3 nodes failed, now also c: ');
  });

  it('goes on after one resume without a slow node and one that is away', () => {
    const fleet = new SimulatedFleet(names, { waves: twoWaves, onFailure: 'pause' });
    fleet.node('b').isConnected = false;
    fleet.look();
    fleet.pass(900);
    expect(fleet.rollout.state.paused?.why).to.equal(
      '1 node of wave canary did not confirm in time, 1 node is away, and no other one has confirmed',
    );
    fleet.send({ type: 'resume' });
    expect(fleet.phase).to.equal('forward settling');
    expect(waitOf(fleet)).to.equal('wave canary: settles');
    fleet.pass(60);
    expect(fleet.rollout.state.paused).to.equal(undefined);
    expect(accepted(fleet)).to.equal('a2 b1 c2 d2');
  });

  it('waits after resume for none of the nodes that were late when it paused', () => {
    const fleet = new SimulatedFleet([...names, 'e'], { waves: twoWaves, onFailure: 'pause' });
    fleet.look();
    fleet.confirm('a');
    fleet.pass(900);
    expect(fleet.rollout.state.paused?.why).to.contain('1 node of wave canary did not confirm');
    fleet.send({ type: 'resume' });
    expect(waitOf(fleet)).to.equal('wave canary: settles');
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a2 b2 c2 d2 e1');
    fleet.node('c').isConnected = false;
    fleet.pass(1);
    expect(waitOf(fleet)).to.equal(
      'wave second: waits for 1 node to confirm and 1 node to connect again',
    );
    fleet.confirm('d');
    fleet.pass(899);
    fleet.send({ type: 'resume' });
    fleet.pass(60);
    fleet.confirm('e');
    fleet.pass(60);
    fleet.pass(60);
    // All nodes get the cluster-wide resources, and it waits again only for those that can be late anew.
    expect(accepted(fleet)).to.equal('a3 b3 c2 d3 e3');
    expect(waitOf(fleet)).to.equal('the cluster share: waits for 3 nodes to confirm');
    fleet.confirm('a', 'd', 'e');
    fleet.look();
    expect(fleet.phase).to.equal('forward settling');
  });

  it('goes on without a late canary, says so, and pauses when that fails after all', () => {
    const fleet = new SimulatedFleet(names, { waves, onFailure: 'pause' });
    fleet.look();
    fleet.pass(900);
    expect(waitOf(fleet)).to.match(
      /rollout resume goes on without waiting for a, and rollout abort goes back$/,
    );
    fleet.send({ type: 'resume' });
    expect(fleet.actions.at(-1)).to.include({ text: 'wave canary goes on without a' });
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a2 b2 c1 d1');
    fleet.node('a').state = 'failed';
    fleet.look();
    expect(fleet.rollout.state.paused?.why).to.equal('1 node failed: a: it failed');
    expect(waitOf(fleet)).to.contain('resume goes on although a failed, and');
    // A person has seen this as well.
    fleet.send({ type: 'resume' });
    fleet.confirm('b');
    fleet.look();
    expect(fleet.actions.at(-1)).to.include({ text: 'wave second has confirmed' });
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a2 b2 c2 d2');
  });

  for (const stage of ['settles', 'waits at the barrier'] as const) {
    it(`pauses for a node that is gone while it ${stage}, is accepted, and fails when it is back`, () => {
      const fleet = new SimulatedFleet(names, { onFailure: 'pause' });
      fleet.rollout = { ...fleet.rollout, barrier: { kinds: ['mesh-off'] } };
      fleet.node('d').isConnected = stage === 'settles';
      fleet.look();
      fleet.confirm();
      fleet.look();
      fleet.node('d').isConnected = false;
      fleet.pass(60);
      fleet.pass(900);
      fleet.send({ type: 'resume' });
      fleet.pass(60);
      expect(fleet.rollout.state.unprepared).to.include('d');
      expect(fleet.rollout.state.paused).to.equal(undefined);
      fleet.node('d').isConnected = true;
      fleet.deliver();
      fleet.node('d').state = 'failed';
      fleet.look();
      expect(fleet.rollout.state.paused?.why).to.match(/d: it failed$/);
    });
  }

  it('does not take the share for confirmed where only late nodes are left', () => {
    const fleet = new SimulatedFleet(names, { waves, onFailure: 'pause' });
    fleet.look();
    for (let turn = 0; turn < 6; turn += 1) {
      fleet.pass(900);
      fleet.send({ type: 'resume' });
    }
    const told = fleet.actions.flatMap((one) => (one.type === 'tell' ? [one.text] : []));
    expect(told.filter((text) => text.includes('has confirmed'))).to.deep.equal([]);
    expect(told).to.include('the cluster share goes on without a, b, c, d');
  });

  it('reads a record of an earlier version, which has late nodes among the failed ones', () => {
    const fleet = new SimulatedFleet(names, { waves, onFailure: 'pause' });
    fleet.look();
    const { state } = fleet.rollout;
    const paused = { cause: 'failure', by: 'the controller', why: 'late' } as const;
    fleet.rollout = { ...fleet.rollout, state: { ...state, toleratedNodes: ['a'], paused } };
    fleet.send({ type: 'resume' });
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a2 b2 c1 d1');
  });

  it('waits after resume for a node that comes back only then', () => {
    const fleet = new SimulatedFleet(names, {
      waves: [{ nodes: ['a', 'b', 'c'] }],
      onFailure: 'pause',
    });
    fleet.node('c').isConnected = false;
    fleet.look();
    fleet.confirm('a');
    fleet.pass(900);
    expect(fleet.rollout.state.lateNodes).to.deep.equal(['b']);
    fleet.node('c').isConnected = true;
    fleet.deliver();
    fleet.send({ type: 'resume' });
    expect(waitOf(fleet)).to.match(/: waits for 1 node to confirm$/);
    fleet.confirm('c');
    fleet.look();
    expect(fleet.phase).to.equal('forward settling');
  });

  it('pauses again for what is not named in a record of an earlier version, which had numbers', () => {
    const fleet = new SimulatedFleet(names, { waves: twoWaves, onFailure: 'pause' });
    fleet.look();
    const { state } = fleet.rollout;
    const paused = { cause: 'failure', by: 'the controller', why: '1 node failed: a' } as const;
    fleet.rollout = { ...fleet.rollout, state: { ...state, tolerated: 1, late: 1, paused } };
    fleet.node('a').state = 'failed';
    fleet.send({ type: 'resume' });
    expect(fleet.rollout.state).to.not.have.any.keys('paused', 'late');
    fleet.node('b').state = 'failed';
    fleet.look();
    expect(fleet.rollout.state.paused?.why).to.contain('2 nodes failed');
    fleet.send({ type: 'resume' });
    expect(fleet.rollout.state).to.deep.include({ tolerated: 0, toleratedNodes: ['a', 'b'] });
  });

  describe('at a barrier', () => {
    const atBarrier = (): SimulatedFleet => {
      const strategy = { onFailure: 'pause', barrier: { limit: '2h' } } as const;
      const fleet = new SimulatedFleet(names, strategy);
      fleet.rollout = { ...fleet.rollout, barrier: { kinds: ['mesh-off'] } };
      fleet.node('d').isConnected = false;
      fleet.look();
      fleet.confirm();
      fleet.look();
      fleet.pass(60);
      return fleet;
    };

    it('still waits for nodes that are away where a person resumed it after another one failed', () => {
      const fleet = atBarrier();
      fleet.node('c').state = 'failed';
      fleet.look();
      expect(fleet.rollout.state.paused?.why).to.equal('1 node failed: c: it failed');
      expect(waitOf(fleet)).to.contain(
        'resume goes on without nodes that are not prepared (c), which may be cut off until their agents are back, and rollout abort goes back',
      );
      fleet.pass(3 * 3600);
      fleet.send({ type: 'resume' });
      expect(fleet.phase).to.equal('forward barrier');
      expect(waitOf(fleet)).to.equal(
        'barrier before the cluster share: 2 of 3 nodes prepared; waits for d (away)',
      );
      fleet.node('d').isConnected = true;
      fleet.deliver();
      fleet.confirm();
      fleet.look();
      expect(accepted(fleet)).to.equal('a3 b3 c3 d3');
    });

    it('does not wait again for a node that disconnected in its wave, and a person went on without', () => {
      const fleet = new SimulatedFleet(names, { onFailure: 'pause' });
      fleet.rollout = { ...fleet.rollout, barrier: { kinds: ['mesh-off'] } };
      fleet.look();
      fleet.confirm();
      fleet.look();
      fleet.node('d').isConnected = false;
      fleet.pass(960);
      expect(fleet.rollout.state.paused?.why).to.contain('d of wave all disconnected');
      fleet.send({ type: 'resume' });
      fleet.pass(60);
      expect(fleet.phase).to.equal('forward running');
      expect(accepted(fleet)).to.equal('a3 b3 c3 d2');
    });

    it('goes on only without the nodes that it named, also where a controller has just begun', () => {
      const fleet = atBarrier();
      fleet.pass(2 * 3600);
      expect(fleet.rollout.state.paused?.why).to.contain('1 of 4 nodes were not prepared in time');
      for (const node of fleet.nodes.values()) node.isConnected = false;
      fleet.send({ type: 'restarted' });
      fleet.mayReturn = true;
      fleet.send({ type: 'resume' });
      expect(fleet.rollout.state.unprepared).to.deep.equal(['d']);
      // Another one may not take its place.
      fleet.mayReturn = false;
      for (const name of ['b', 'c', 'd']) fleet.node(name).isConnected = true;
      fleet.deliver();
      fleet.confirm();
      fleet.look();
      expect(fleet.phase).to.equal('forward barrier');
      fleet.node('a').isConnected = true;
      fleet.node('d').isConnected = false;
      fleet.look();
      expect(fleet.phase).to.equal('forward running');
    });
  });

  it('goes on from a barrier without 5,000 nodes, and then without others that are absent', () => {
    const many = Array.from({ length: 5200 }, (_, place) => `node-${String(place)}`);
    const fleet = new SimulatedFleet(many, { onFailure: 'pause' });
    fleet.rollout = { ...fleet.rollout, barrier: { kinds: ['mesh-off'] } };
    const connect = (isConnected: boolean, first: number, end: number): void => {
      for (const name of many.slice(first, end)) fleet.node(name).isConnected = isConnected;
    };
    connect(false, 0, 5000);
    fleet.look();
    fleet.confirm();
    fleet.look();
    fleet.pass(60);
    fleet.pass(900);
    expect(fleet.rollout.state.paused?.why).to.contain('5000 of 5200 nodes were not prepared');
    connect(true, 0, 1000);
    connect(false, 5000, 5100);
    fleet.deliver();
    fleet.confirm();
    fleet.send({ type: 'resume' });
    expect(fleet.phase).to.equal('forward barrier');
    fleet.pass(900);
    expect(fleet.rollout.state.paused?.why).to.contain('100 of 1200 nodes were not prepared');
    expect(fleet.rollout.state.unprepared).to.have.length(4100);
    expect(isRolloutRecord(fleet.rollout)).to.equal(true);
    fleet.send({ type: 'resume' });
    expect(fleet.phase).to.equal('forward running');
  });

  describe('of nodes with long names', () => {
    const many = Array.from({ length: 6000 }, (_, place) => `${'n'.repeat(60)}${String(place)}`);
    const beside = 2500;

    it('names as many as have room, says what to do for the others, and pauses again for them', () => {
      const fleet = new SimulatedFleet(many, { onFailure: 'pause' });
      fleet.look();
      for (const node of fleet.nodes.values()) node.state = 'failed';
      fleet.look();
      const first = fleet.rollout.state;
      expect(isRolloutRecord(fleet.rollout)).to.equal(true);
      expect(JSON.stringify(first.toleratedNodes).length).to.be.within(261_000, 262_144);
      const unnamed = 6000 - (first.toleratedNodes?.length ?? 0);
      const text = `; the names of ${String(unnamed)} nodes have no room in the record of the rollout, so that resume does not go on without them: take out those that will not come back with calico-controller forget, or abort the rollout and start it with a larger maxFailures`;
      expect(first.paused?.why)
        .to.match(/^6000 nodes failed/)
        .and.contain(text);
      fleet.send({ type: 'resume' });
      expect(fleet.rollout.state.paused?.why).to.contain(`${String(unnamed)} nodes have no room`);
      // There is room again.
      for (const name of many.slice(0, beside)) fleet.node(name).state = 'confirmed';
      fleet.send({ type: 'resume' });
      expect(fleet.rollout.state.paused?.why).to.not.contain('no room');
      fleet.send({ type: 'resume' });
      expect(fleet.rollout.state.paused).to.equal(undefined);
      expect(fleet.rollout.state.toleratedNodes).to.have.length(3500);
    });

    it('stores a name once, and at a barrier says how to leave nodes behind', () => {
      const fleet = new SimulatedFleet(many, { onFailure: 'pause' });
      fleet.rollout = { ...fleet.rollout, barrier: { kinds: ['mesh-off'] } };
      fleet.look();
      fleet.confirm(...many.slice(0, beside));
      fleet.pass(900);
      expect(fleet.rollout.state.lateNodes).to.have.length(3500);
      fleet.send({ type: 'resume' });
      fleet.pass(60);
      expect(fleet.phase).to.equal('forward barrier');
      for (const name of many.slice(0, 1000)) fleet.node(name).isConnected = false;
      fleet.pass(900);
      const { lateNodes, unprepared = [], paused } = fleet.rollout.state;
      expect([lateNodes, new Set(unprepared).size]).to.deep.equal([undefined, unprepared.length]);
      expect(paused?.why).to.contain(
        `the names of ${String(4500 - unprepared.length)} nodes have no room`,
      );
      // 1,000 of the nodes are away.
      expect(paused?.why).to.match(
        /or abort the rollout; started with barrier: \{away: leave\}, it does not wait for nodes that are away$/,
      );
    });

    it('advises to leave nodes behind at a barrier only where that helps', () => {
      const fleet = new SimulatedFleet(many, { onFailure: 'pause', maxFailures: '100%' });
      fleet.rollout = { ...fleet.rollout, barrier: { kinds: ['mesh-off'] } };
      fleet.look();
      fleet.confirm(many[0] ?? '');
      fleet.pass(900);
      fleet.pass(960);
      expect(fleet.phase).to.equal('forward barrier');
      fleet.pass(900);
      const { paused } = fleet.rollout.state;
      expect(paused?.why).to.contain('no room in the record');
      // They are here, and have not confirmed.
      expect(paused?.why).to.match(/calico-controller forget, or abort the rollout$/);
    });

    it('goes back without the names, which the text of the base may need the room of', () => {
      const fleet = new SimulatedFleet(many, { onFailure: 'pause' });
      fleet.look();
      for (const node of fleet.nodes.values()) node.state = 'failed';
      fleet.look();
      fleet.send({ type: 'abort', why: 'test' });
      expect(fleet.phase).to.equal('back running');
      expect(fleet.rollout.state).to.not.have.any.keys('toleratedNodes', 'unprepared');
    });
  });

  it('begins no wave while a person has paused it, and goes back by hand', () => {
    const fleet = fleetWith();
    fleet.send({ type: 'pause', by: 'eva', why: 'lunch' });
    finish(fleet);
    expect(accepted(fleet)).to.equal('a2 b1 c1 d1');
    expect(waitOf(fleet)).to.contain('paused by eva: lunch');
    fleet.send({ type: 'resume' });
    finish(fleet);
    expect(fleet.phase).to.equal('done');
    fleet.send({ type: 'abort', why: 'a person aborted it' });
    finish(fleet);
    expect(accepted(fleet)).to.equal('a4 b4 c4 d4');
    expect(fleet.phase).to.equal('aborted');
  });

  it('goes back on all nodes at once where they have the cluster-wide resources', () => {
    const fleet = fleetWith();
    while (fleet.rollout.revisions.share === undefined) {
      fleet.confirm();
      fleet.look();
      fleet.pass(60);
    }
    fleet.node('b').state = 'failed';
    fleet.look();
    expect(accepted(fleet)).to.equal('a4 b4 c4 d4');
    expect(fleet.phase).to.equal('back running');
    fleet.confirm();
    fleet.look();
    expect(fleet.phase).to.equal('aborted');
    const added = fleet.actions.flatMap((one) => (one.type === 'add-revision' ? [one] : []));
    const whole = { type: 'add-revision', content: 'base', number: 4, later: false };
    expect(added.at(-1)).to.deep.equal(whole);
  });

  it('lets each wave after the first begin once a person approves it', () => {
    const fleet = fleetWith({ approval: 'each-wave' });
    finish(fleet);
    expect(accepted(fleet)).to.equal('a2 b1 c1 d1');
    expect(waitOf(fleet)).to.equal(
      'wave second: waits for a person: calico-controller rollout approve second --rollout 2 lets it begin',
    );
    fleet.send({ type: 'approve' });
    finish(fleet);
    expect(accepted(fleet)).to.equal('a2 b2 c1 d1');
    fleet.send({ type: 'approve' });
    finish(fleet);
    expect(waitOf(fleet)).to.contain('the cluster share: waits for a person');
    fleet.send({ type: 'approve' });
    finish(fleet);
    expect(fleet.phase).to.equal('done');
  });

  it('begins waves in its windows only, and goes back at any time', () => {
    const windows = [{ from: '13:00', to: '14:00', timeZone: 'UTC' }];
    const fleet = fleetWith({ windows });
    expect(accepted(fleet)).to.equal('a1 b1 c1 d1');
    expect(waitOf(fleet)).to.equal(
      'wave canary: waits for its window, which opens at 2026-10-26T13:00:00.000Z',
    );
    fleet.pass(3600);
    expect(accepted(fleet)).to.equal('a2 b1 c1 d1');
    fleet.confirm();
    fleet.look();
    fleet.pass(3600);
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a2 b1 c1 d1');
    fleet.send({ type: 'abort', why: 'test' });
    expect(accepted(fleet)).to.equal('a3 b1 c1 d1');
  });

  it('waits for its window again where that closed while it was at the barrier', () => {
    const windows = [{ from: '12:00', to: '13:00', timeZone: 'UTC' }];
    const fleet = new SimulatedFleet(names, { windows, barrier: { limit: '2h' } });
    fleet.rollout = { ...fleet.rollout, barrier: { kinds: ['mesh-off'] } };
    fleet.node('d').isConnected = false;
    fleet.look();
    fleet.confirm();
    fleet.look();
    fleet.pass(60);
    expect(fleet.phase).to.equal('forward barrier');
    expect(waitOf(fleet)).to.contain('barrier before the cluster share: 3 of 4 nodes prepared');
    fleet.pass(3600);
    fleet.node('d').isConnected = true;
    fleet.deliver();
    fleet.confirm();
    fleet.look();
    expect(fleet.phase).to.equal('forward before');
    expect(waitOf(fleet)).to.contain('the cluster share: waits for its window');
    fleet.pass(23 * 3600);
    expect(accepted(fleet)).to.equal('a3 b3 c3 d3');
  });

  it('takes no time for passed in which no controller ran', () => {
    const fleet = fleetWith();
    fleet.ms = 5;
    fleet.send({ type: 'restarted' });
    fleet.pass(599);
    expect(fleet.phase).to.equal('forward running');
    fleet.confirm();
    fleet.look();
    fleet.pass(30);
    fleet.send({ type: 'restarted' });
    fleet.pass(59);
    expect(fleet.phase).to.equal('forward settling');
    fleet.pass(1);
    expect(accepted(fleet)).to.equal('a2 b2 c1 d1');
  });

  it('has each node roll back where it has no base, wave after wave', () => {
    const fleet = new SimulatedFleet(names, { waves }, null);
    fleet.look();
    fleet.confirm();
    fleet.look();
    fleet.pass(60);
    expect(accepted(fleet)).to.equal('a2 b2 cundefined dundefined');
    const told = (): readonly boolean[] =>
      [0, 1, 2].map((wave) => isToldToRollBack(fleet.rollout, wave));
    fleet.send({ type: 'abort', why: 'test' });
    expect(fleet.actions).to.deep.include({ type: 'roll-back' });
    expect(told()).to.deep.equal([true, true, true]);
    expect(fleet.lastNumber).to.equal(2);
    expect(fleet.rollout.revisions).to.deep.equal({ target: 2 });
    finish(fleet);
    expect(fleet.phase).to.equal('aborted');
    expect(targetOf(fleet.rollout, 2, undefined).kind).to.equal('none');
  });

  it('gives a node nothing older than what it has accepted', () => {
    const { rollout } = fleetWith();
    expect(targetOf(rollout, 2, undefined)).to.deep.include({ number: 1, isLater: true });
    // It was in another wave before.
    expect(targetOf(rollout, 2, 2)).to.deep.include({ number: 2, isLater: false });
    expect(targetOf(rollout, 0, 7)).to.deep.equal({ kind: 'none', isLater: false });
  });

  it('offers nothing but resume where an earlier version paused it while it went back', () => {
    const fleet = fleetWith();
    fleet.send({ type: 'abort', why: 'test' });
    const paused = { cause: 'person', by: 'eva', why: 'lunch' } as const;
    fleet.rollout = { ...fleet.rollout, state: { ...fleet.rollout.state, paused } };
    expect(waitOf(fleet)).to.equal(
      'paused by eva: lunch; calico-controller rollout resume lets it go on back',
    );
    expect(fleet.send({ type: 'abort', why: 'test' })).to.equal(
      'it goes back already, and is paused; calico-controller rollout resume lets it go on back',
    );
    fleet.send({ type: 'resume' });
    finish(fleet);
    expect(fleet.phase).to.equal('aborted');
  });

  it('is over when a newer revision is pushed', () => {
    const fleet = fleetWith();
    fleet.send({ type: 'superseded', by: 3 });
    expect(fleet.phase).to.equal('superseded');
    expect(fleet.rollout.state.reason).to.equal('revision 3 was pushed');
    fleet.pass(3600);
    expect(fleet.phase).to.equal('superseded');
  });

  it('says why it does not do what a person asks', () => {
    const fleet = fleetWith();
    const resume = { type: 'resume' } as const;
    expect(fleet.send(resume)).to.equal('it is not paused');
    expect(fleet.send({ type: 'approve' })).to.equal('it waits for no approval now');
    fleet.send({ type: 'pause', by: 'eva' });
    expect(fleet.send({ type: 'pause', by: 'eva' })).to.equal('it is paused already');
    // Of two persons the one who aborts it counts, whoever comes first.
    fleet.send({ type: 'abort', why: 'test' });
    expect(fleet.rollout.state.paused).to.equal(undefined);
    expect(fleet.send({ type: 'abort', why: 'test' })).to.match(/^it goes back already/);
    expect(fleet.send({ type: 'pause', by: 'eva' })).to.equal(
      'it goes back, and that cannot be paused; calico-controller rollout status shows how far it is',
    );
    finish(fleet);
    expect(fleet.send({ type: 'abort', why: 'test' })).to.match(/^it was aborted/);
    expect(fleet.send(resume)).to.match(/^it was aborted.*rollout list shows the rollouts$/);
  });
});

describe('a push', () => {
  const waved = [{ name: 'all', nodes: ['a'] }];
  const push = beginRollout(
    {
      kind: 'push',
      strategy: plainStrategy,
      waves: waved,
      base: 1,
      target: 2,
      by: 'test',
      at: '2026-10-26T12:00:00Z',
      members: 0,
    },
    0,
  );
  const moment = { ms: 1e9, wallMs: 0, nextNumber: 3 };
  const seen = (
    count: Partial<typeof nothing>,
  ): { type: 'look'; seen: Parameters<typeof waitsFor>[1] } => ({
    type: 'look',
    seen: { waves: [{ ...nothing, ...count }], open: [], failures: [] },
  });

  it('gives all nodes the revision at once', () => {
    expect(targetOf(push, 0, 1)).to.deep.equal({ kind: 'revision', number: 2, isLater: false });
  });

  it('waits for the nodes without a limit, and does not go back by itself', () => {
    expect(stepRollout(push, seen({ nodes: 2, working: 1, failed: 1 }), moment)).to.deep.include({
      rollout: push,
    });
    const ended = stepRollout(push, seen({ nodes: 2, failed: 2 }), moment);
    expect(ended.ok && ended.rollout.state.phase).to.equal('done');
  });

  it('is not done before its nodes had time to connect to a new controller', () => {
    const look = seen({ nodes: 2, left: 2 });
    const mayReturn = { ...look, seen: { ...look.seen, mayReturn: true } };
    expect(stepRollout(push, mayReturn, moment)).to.deep.include({ rollout: push });
  });

  it('cannot be paused', () => {
    expect(stepRollout(push, { type: 'pause', by: 'eva' }, moment)).to.deep.equal({
      ok: false,
      reason: 'all nodes get a push at once',
    });
  });
});
