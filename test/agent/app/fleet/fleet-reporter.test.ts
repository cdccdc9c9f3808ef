import { expect } from 'chai';
import {
  createFleetReporter,
  type FleetReporter,
  type FleetReporterDeps,
} from '../../../../agent/app/fleet/fleet-reporter.ts';
import type { AgentState } from '../../../../agent/app/state/agent-state.ts';
import type { FleetReport } from '../../../../core/fleet/fleet-report.ts';
import type { AnyPlan } from '../../../../core/plan/plan.ts';
import type { SessionVerdict } from '../../../../core/sessions/match-sessions.ts';
import { isFleetReport } from '../../../../schemas/generated/fleet-report.validator.js';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { birdDaemon } from '../../../support/samples/fleet-nodes.ts';
import { passTime } from '../../../support/clocks/pass-time.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';

const revision = { lineage: 'controller:c', number: 2, digest: `sha256:${'2'.repeat(64)}` };
const older = { ...revision, number: 1, digest: `sha256:${'1'.repeat(64)}` };
const progress = { step: 2, steps: 3, title: 'peers' };
const up: SessionVerdict = { neighbor: '10.0.0.1', verdict: 'established' };
const down: SessionVerdict = { neighbor: '10.0.0.1', verdict: 'down', why: 'no answer' };

describe('the report of a node about a change', () => {
  let clock: ManualClock;
  let state: AgentState;
  let verdicts: readonly SessionVerdict[];
  let guard: FleetReport['guard'];
  let isHeld: boolean;
  let published: FleetReport[];
  let withdrawn: (FleetReport | undefined)[];
  let reporter: FleetReporter;
  beforeEach(() => {
    clock = createManualClock();
    state = { formatVersion: 1, lineages: [], rejected: [], accepted: revision, confirmed: older };
    verdicts = [down];
    guard = 'off';
    isHeld = false;
    published = [];
    withdrawn = [];
    reporter = make();
  });
  const make = (changed: Partial<FleetReporterDeps> = {}): FleetReporter =>
    createFleetReporter({
      exchange: {
        publish: (report) => void published.push(report),
        withdraw: (last) => void withdrawn.push(last),
      },
      node: () => 'node-1',
      state: () => state,
      isHeld: () => isHeld,
      isWriter: () => false,
      sessions: () => Promise.resolve({ daemons: [birdDaemon], verdicts }),
      guard: () => ({ guard }),
      clock,
      logger: silentLogger,
      ...changed,
    });
  const begin = (isOwnOnly = false): Promise<void> =>
    reporter.begins({ revision, isOwnOnly, plan: { formatVersion: 1, steps: [], issues: [] } });
  const seen = (): readonly string[] =>
    published.map(({ stage, guard: is, sessions }) => {
      const isUp = sessions !== 'unknown' && sessions.asExpected;
      return `${stage} ${is} ${isUp ? 'up' : 'down'}`;
    });

  it('begins before the first gate is read, and matches its schema', async () => {
    await begin();
    expect(seen()).to.deep.equal(['guarding off down']);
    expect(published.every((report) => isFleetReport(report))).to.equal(true);
    expect(reporter.own()).to.deep.equal(published[0]);
  });

  it('tells of files and services that are left, of the restart, and of its end', async () => {
    reporter = make({ isControlPlane: (services) => Promise.resolve(services.includes('k3s')) });
    const step = (
      change: AnyPlan['steps'][number]['changes'][number],
    ): AnyPlan['steps'][number] => ({
      title: 'a step',
      why: 'x',
      gates: [],
      changes: [change],
    });
    const file = step({ action: 'edit-file', path: '/x', diff: [], fields: [] });
    const restart = step({ action: 'restart-service', service: 'k3s', why: 'x' });
    const platformAfter = async (steps: AnyPlan['steps']): Promise<FleetReport['platform']> => {
      const plan: AnyPlan = { formatVersion: 1, steps, issues: [] };
      await reporter.begins({ revision, isOwnOnly: false, plan });
      await passTime(clock, 4000);
      return reporter.own()?.platform;
    };
    const isControlPlane = true;
    const both = await platformAfter([file, restart]);
    expect(both).to.deep.equal({ filesLeft: true, restart: 'due', isControlPlane });
    expect(await platformAfter([restart])).to.deep.equal({ restart: 'due', isControlPlane });
    reporter.moved({ revision, at: 'step', progress, isRestart: true });
    await passTime(clock, 4000);
    expect(reporter.own()?.platform).to.deep.equal({ restart: 'turn', isControlPlane });
    expect(await platformAfter([])).to.equal(undefined);
    expect(published.every((report) => isFleetReport(report))).to.equal(true);
  });

  it('tells of a restart in a correction too, and of nothing else of one', async () => {
    state = { ...state, accepted: revision, inForce: revision, confirmed: revision };
    const correct = (steps: AnyPlan['steps']): Promise<void> =>
      reporter.begins({
        revision,
        isOwnOnly: true,
        plan: { formatVersion: 1, steps, issues: [] },
      });
    await correct([]);
    expect(published).to.have.length(0);
    const restart = { action: 'restart-service', service: 'k3s', why: 'x' } as const;
    await correct([{ title: 'a step', why: 'x', gates: [], changes: [restart] }]);
    await passTime(clock, 60_000);
    expect(reporter.own()?.platform?.restart).to.equal('due');
    reporter.moved({ revision, at: 'step', progress, isRestart: true });
    await passTime(clock, 4000);
    expect(reporter.own()?.platform?.restart).to.equal('turn');
    reporter.moved({ revision, at: 'written' });
    expect(withdrawn.map((last) => last?.stage)).to.deep.equal(['confirmed']);
    expect(reporter.own()).to.equal(undefined);
    await correct([{ title: 'a step', why: 'x', gates: [], changes: [restart] }]);
    await passTime(clock, 11 * 60_000);
    expect(reporter.own(), 'nobody waits for ever for one that was given up').to.equal(undefined);
  });

  it('says so as long as the node has changes of its own to make', async () => {
    const step = {
      title: 'Make plain nodes of route reflectors',
      why: '',
      gates: [],
      changes: [
        {
          action: 'patch-node',
          node: 'node-1',
          before: { routeReflectorClusterID: '224.0.0.1', groupLabels: [] },
          after: { groupLabels: [] },
          fields: [],
        },
      ],
    } as const;
    const pass = (steps: AnyPlan['steps']): Promise<void> =>
      reporter.begins({
        revision,
        isOwnOnly: false,
        plan: { formatVersion: 1, steps, issues: [] },
      });
    await pass([step]);
    await passTime(clock, 2000);
    await pass([]);
    reporter.moved({ revision, at: 'awaits-writer', why: 'node-2 writes' });
    await passTime(clock, 2000);
    expect(published.map(({ ownChangesLeft }) => ownChangesLeft)).to.deep.equal([true, undefined]);
    expect(published.every((report) => isFleetReport(report))).to.equal(true);
  });

  it('is published again when something matters to others, and at most once in 2 s', async () => {
    await begin();
    guard = 'on';
    reporter.moved({ revision, at: 'gate', progress, why: 'it waits' });
    await passTime(clock, 1000);
    expect(seen()).to.have.length(1);
    verdicts = [up];
    await passTime(clock, 1500);
    expect(seen()).to.deep.equal(['guarding off down', 'at-gate on up']);
    reporter.moved({ revision, at: 'step', progress: { ...progress, step: 3 } });
    await passTime(clock, 60_000);
    expect(seen()).to.have.length(2);
  });

  it('is published less and less often while only its details change', async () => {
    await begin();
    let times = 0;
    const original = reporter;
    verdicts = [{ ...down, why: 'try 0' }];
    for (let second = 0; second < 240; second += 2) {
      verdicts = [{ ...down, why: `try ${String((times += 1))}` }];
      await passTime(clock, 2000, 2000);
    }
    expect(original.own()).to.not.equal(undefined);
    expect(published.length).to.be.within(3, 5);
  });

  it('ends when the revision is confirmed, and its last version says so', async () => {
    await begin();
    await passTime(clock, 4000);
    state = { ...state, inForce: revision, confirmed: revision };
    reporter.refresh();
    await passTime(clock, 500);
    expect(withdrawn.map((last) => last?.stage)).to.deep.equal(['confirmed']);
    expect(reporter.own()).to.equal(undefined);
    expect(clock.waiting()).to.deep.equal([]);
  });

  it('continues while the node goes back to a confirmed revision', async () => {
    state = { ...state, accepted: older, inForce: revision, confirmed: older };
    await reporter.begins({
      revision: older,
      isOwnOnly: false,
      plan: { formatVersion: 1, steps: [], issues: [] },
    });
    await passTime(clock, 4000);
    expect(reporter.own()?.revision).to.deep.equal(older);
    expect(withdrawn).to.deep.equal([]);
    state = { ...state, inForce: older };
    reporter.refresh();
    await passTime(clock, 500);
    expect(reporter.own()).to.equal(undefined);
  });

  it('ends in the same way for the writer', async () => {
    reporter = make({ isWriter: () => true });
    await begin();
    state = { ...state, inForce: revision, confirmed: revision };
    reporter.refresh();
    await passTime(clock, 500);
    expect(withdrawn.map((last) => last?.stage)).to.deep.equal(['confirmed']);
  });

  it('names the reason of a rollback', async () => {
    await begin();
    state = { ...state, accepted: older };
    reporter.moved({ revision, at: 'rejected', why: 'a session was lost' });
    expect(withdrawn.map((last) => [last?.stage, last?.why])).to.deep.equal([
      ['rolled-back', 'a session was lost'],
    ]);
  });

  it('names the failed revision during the rollback, and no longer', async () => {
    await begin();
    state = { ...state, accepted: older, inForce: revision };
    reporter.moved({ revision, at: 'rejected', why: 'a session was lost' });
    const plan = { formatVersion: 1, steps: [], issues: [] } as const;
    await reporter.begins({ revision: older, isOwnOnly: false, plan: { ...plan, steps: [] } });
    expect(published.at(-1)).to.deep.include({
      revision: older,
      rolledBack: { revision, why: 'a session was lost' },
    });
    state = { ...state, inForce: older };
    reporter.refresh();
    await passTime(clock, 500);
    state = { ...state, accepted: revision };
    await begin();
    expect(published.at(-1)).to.not.have.property('rolledBack');
  });

  it('says of a revision in force whether the node is healthy', async () => {
    const unhealthy = 'a session was lost';
    reporter = make({ proof: () => ({ unhealthy }) });
    await begin();
    expect(published.at(-1)).to.not.have.property('unhealthy');
    reporter.moved({ revision, at: 'written' });
    await passTime(clock, 2500);
    expect(published.at(-1)).to.deep.include({ stage: 'applied', unhealthy });
  });

  it('is not published for a correction of the revision in force, or a change that is done at once', async () => {
    await begin(true);
    state = { ...state, inForce: revision, confirmed: revision };
    reporter.moved({ revision, at: 'step', progress });
    reporter.moved({ revision, at: 'written' });
    await passTime(clock, 4000);
    expect([published, withdrawn]).to.deep.equal([[], []]);
  });

  it('is published by a node without changes of its own, until it is confirmed', async () => {
    reporter.moved({ revision, at: 'written' });
    await passTime(clock, 500);
    expect(seen()).to.deep.equal(['applied off down']);
  });

  it('stops while writing is on hold', async () => {
    await begin();
    isHeld = true;
    reporter.refresh();
    await passTime(clock, 500);
    expect(withdrawn).to.deep.equal([undefined]);
  });

  it('continues when the sessions cannot be read once', async () => {
    let isBroken = true;
    reporter = make({
      sessions: () =>
        isBroken
          ? Promise.reject(new Error('broken'))
          : Promise.resolve({ daemons: [birdDaemon], verdicts }),
    });
    await begin();
    expect(published).to.deep.equal([]);
    isBroken = false;
    await passTime(clock, 2500);
    expect(published).to.have.length(1);
  });

  it('calls sessions unknown without BIRD', async () => {
    reporter = make({ sessions: () => Promise.resolve({ daemons: [], verdicts: [] }) });
    await begin();
    expect(published[0]?.sessions).to.equal('unknown');
  });
});
