/** The events of a rollout, as somebody sees them who looks after each turn. */
import { expect } from 'chai';
import {
  compareRollouts,
  seeRollout,
  type SeenRollout,
} from '../../../../controller/app/events/rollout-events.ts';
import { FleetOfAgents } from '../rollout/fleet-of-agents.ts';

const before = 'global-as-number: 64512\n';
const after = 'global-as-number: 64513\n';
const waves = [{ name: 'canary', nodes: ['a'] }];

describe('the events of a rollout', () => {
  let fleet: FleetOfAgents;
  let seen: SeenRollout | undefined;
  let told: string[];
  beforeEach(async () => {
    fleet = new FleetOfAgents(['a', 'b']);
    await fleet.boot();
    await fleet.pushText(before);
    await fleet.turns(1);
    seen = undefined;
    told = [];
  });
  afterEach(() => fleet.rollouts.stop());

  const look = (): void => {
    const { current, moment, seen: nodes } = fleet.rollouts;
    const now = seeRollout(current()?.rollout, moment(), nodes);
    for (const { kind, level, text } of compareRollouts(seen, now)) {
      told.push(`${level} ${kind} ${text.replace('rollout of revision 2: ', '')}`);
    }
    seen = now;
  };
  const turns = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) {
      await fleet.rollouts.look();
      look();
      fleet.answer();
      fleet.ms += 30_000;
    }
  };

  it('tell of waves, of what it waits for, of people, and of its end', async () => {
    look();
    await fleet.start(after, { waves, approval: 'each-wave' });
    await turns(6);
    await fleet.rollouts.ask({ type: 'pause', by: 'ann', why: 'lunch' });
    look();
    await fleet.rollouts.ask({ type: 'resume', by: 'ann' });
    look();
    await fleet.rollouts.ask({ type: 'approve', by: 'ann' });
    await turns(6);
    expect(told).to.deep.equal([
      'info rollout-step it begins',
      'info rollout-step wave canary begins',
      'info rollout-step wave canary has confirmed',
      'warning rollout-waits wave rest: waits for a person: calico-controller rollout approve rest --rollout 2 lets it begin',
      'warning rollout-paused paused by ann: lunch',
      'info rollout-step resumed',
      'warning rollout-waits wave rest: waits for a person: calico-controller rollout approve rest --rollout 2 lets it begin',
      'info rollout-step wave rest begins',
      'info rollout-step wave rest has confirmed',
      'warning rollout-waits the cluster share: waits for a person: calico-controller rollout approve cluster-share --rollout 2 lets it begin',
    ]);
    told = [];
    await fleet.rollouts.ask({ type: 'approve', by: 'ann' });
    await turns(6);
    expect(told.at(-1)).to.equal('info rollout-done done');
  });

  it('tell nothing of a resume where a person aborts it while it is paused', async () => {
    await fleet.start(after, { waves });
    await turns(2);
    await fleet.rollouts.ask({ type: 'pause', by: 'ann', why: 'lunch' });
    look();
    await fleet.rollouts.ask({ type: 'abort', by: 'ann' });
    await turns(4);
    expect(told.filter((text) => text.includes('resumed'))).to.deep.equal([]);
    expect(told).to.include('info rollout-step all nodes go back');
  });

  it('tell for which nodes it waits at a barrier, once and as a warning', async () => {
    fleet.disconnect(fleet.agent('b'));
    await fleet.start(after, {});
    await turns(8);
    expect(told).to.deep.equal([
      'info rollout-step it begins',
      'info rollout-step wave all begins',
      'info rollout-step wave all has confirmed',
      'warning rollout-waits barrier before the cluster share: 1 of 2 nodes prepared; waits for b (away)',
    ]);
    told = [];
    fleet.connect(fleet.agent('b'));
    await turns(6);
    expect(told).to.deep.equal([
      'info rollout-step the cluster share begins',
      'info rollout-step the cluster share has confirmed',
      'info rollout-done done',
    ]);
  });

  it('tell why it goes back, and are errors then', async () => {
    fleet.agent('a').refuses = after;
    await fleet.start(after, { waves });
    await turns(10);
    expect(told.filter((one) => one.startsWith('error'))).to.deep.equal([
      'error rollout-back goes back: 1 node failed: a: it cannot use this',
      'error rollout-aborted aborted: 1 node failed: a: it cannot use this',
    ]);
    expect(told).to.include('info rollout-step wave canary goes back');
  });

  it('tell that a newer revision ended it, and nothing of the push', async () => {
    await fleet.start(after, { waves });
    await turns(1);
    told = [];
    await fleet.pushText('global-as-number: 64514\n', true);
    await turns(2);
    expect(told).to.deep.equal(['warning rollout-superseded ended by a newer revision']);
  });
});
