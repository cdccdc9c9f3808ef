/** The metrics of a rollout, with what happens to it. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { rolloutMetrics } from '../../../../controller/app/metrics/rollout-metrics.ts';
import { viewRollout } from '../../../../controller/app/rollout/rollout-view.ts';
import { expositionOf } from '../../../../core/metrics/exposition.ts';
import { FleetOfAgents } from '../rollout/fleet-of-agents.ts';

const before = 'global-as-number: 64512\n';
const after = 'global-as-number: 64513\n';
const waves = [{ name: 'canary', nodes: ['a'] }];

describe('the metrics of a rollout', () => {
  let fleet: FleetOfAgents;
  beforeEach(async () => {
    fleet = new FleetOfAgents(['a', 'b', 'c']);
    await fleet.boot();
    await fleet.pushText(before);
    await fleet.turns(1);
  });
  afterEach(() => fleet.rollouts.stop());

  const text = (): string =>
    expositionOf(rolloutMetrics(viewRollout(fleet.fleet, fleet.rollouts))).replaceAll(
      'calico_controller_',
      '',
    );
  const value = (sample: string): number | undefined => {
    const line = text()
      .split('\n')
      .find((one) => one.startsWith(`${sample} `));
    return line === undefined ? undefined : Number(line.slice(sample.length + 1));
  };
  /** The state that has the value 1. */
  const state = (): string =>
    [...text().matchAll(/^rollout_state\{state="([a-z-]+)"\} 1$/gm)]
      .map(([, one]) => one)
      .join(' and ');

  it('are absent after a push', () => {
    expect(text()).to.equal('');
  });

  it('say the state, the waves and their nodes, and since when', async () => {
    await fleet.start(after, { waves, approval: 'each-wave', settle: '60s', limit: '15m' });
    await fleet.rollouts.look();
    expect(state()).to.equal('running');
    expect(value('rollout')).to.equal(2);
    expect(value('rollout_waves')).to.equal(2);
    expect(value('rollout_waves_begun')).to.equal(1);
    expect(value('rollout_wave_nodes{state="running"}')).to.equal(1);
    expect(value('rollout_wave_nodes{state="later"}')).to.equal(2);
    expect(value('rollout_nodes{state="working"}')).to.equal(1);
    expect(value('rollout_left_seconds')).to.equal(900);
    fleet.answer();
    await fleet.rollouts.look();
    expect(state()).to.equal('settling');
    expect(value('rollout_nodes{state="confirmed"}')).to.equal(1);
    await fleet.turns(2);
    expect(state()).to.equal('waiting-approval');
    const since = value('rollout_changed_seconds') ?? 0;
    expect(since).to.be.greaterThan(value('rollout_started_seconds') ?? Infinity);
    expect(value('rollout_left_seconds')).to.equal(undefined);
    // Another controller goes on: the age of the wait stays.
    await fleet.boot();
    await fleet.turns(5);
    expect([state(), value('rollout_changed_seconds')]).to.deep.equal(['waiting-approval', since]);
    await fleet.rollouts.ask({ type: 'pause', by: 'ann' });
    expect(state()).to.equal('paused');
    await fleet.rollouts.ask({ type: 'resume', by: 'ann' });
    await fleet.rollouts.ask({ type: 'approve', by: 'ann' });
    await fleet.turns(5);
    await fleet.rollouts.ask({ type: 'approve', by: 'ann' });
    await fleet.turns(10);
    expect(state()).to.equal('done');
    expect(value('rollout_wave_nodes{state="done"}')).to.equal(3);
  });

  it('say that it failed, and that it went back', async () => {
    fleet.agent('a').refuses = after;
    await fleet.start(after, { waves, onFailure: 'pause' });
    await fleet.turns(2);
    expect([state(), value('rollout_failed')]).to.deep.equal(['paused-by-failure', 1]);
    expect(value('rollout_nodes{state="failed"}')).to.equal(1);
    await fleet.rollouts.ask({ type: 'resume', by: 'ann' });
    await fleet.rollouts.ask({ type: 'abort', by: 'ann' });
    // A person has seen it.
    expect([state(), value('rollout_failed')]).to.deep.equal(['going-back', 0]);
    await fleet.turns(10);
    expect([state(), value('rollout_failed')]).to.deep.equal(['aborted', 0]);
  });

  it('say that it failed also after it went back by itself, and a restart', async () => {
    fleet.agent('a').refuses = after;
    await fleet.start(after, { waves });
    expect(value('rollout_failed')).to.equal(0);
    await fleet.turns(1);
    expect([state(), value('rollout_failed')]).to.deep.equal(['going-back', 1]);
    await fleet.turns(10);
    await fleet.boot();
    expect([state(), value('rollout_failed')]).to.deep.equal(['aborted', 1]);
  });

  it('say that it is at a barrier', async () => {
    fleet.disconnect(fleet.agent('c'));
    await fleet.start(after, {});
    await fleet.turns(3);
    expect(state()).to.equal('waiting-barrier');
    expect(value('rollout_left_seconds')).to.be.greaterThan(0);
  });

  it('have no label of a node or a wave, and are explained in docs/monitoring.md', async () => {
    await fleet.start(after, { waves });
    await fleet.rollouts.look();
    expect(text()).not.to.contain('canary');
    const page = readFileSync('docs/monitoring.md', 'utf8');
    const names = [...text().matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    expect(names.length).to.be.greaterThan(8);
    expect(names.filter((name) => !page.includes(`\`calico_controller_${name}\``))).to.deep.equal(
      [],
    );
    const alerts = readFileSync('docs/monitoring/controller-alerts.yaml', 'utf8');
    const asked = alerts.match(/\bcalico_controller_rollout[a-z_]*/g) ?? [];
    expect(asked.length).to.be.greaterThan(5);
    const known = new Set(names.map((name) => `calico_controller_${name}`));
    expect(asked.filter((name) => !known.has(name))).to.deep.equal([]);
  });
});
