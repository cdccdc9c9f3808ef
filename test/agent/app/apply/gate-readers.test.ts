import { expect } from 'chai';
import { createGateReaders, type GateSources } from '../../../../agent/app/apply/gate-readers.ts';
import type { GateQuestion, GateReading } from '../../../../agent/app/apply/gates.ts';
import type { Baseline } from '../../../../core/confirm/baseline.ts';
import { judgeFleet } from '../../../../core/fleet/judge-fleet.ts';
import type { FleetReport } from '../../../../core/fleet/fleet-report.ts';
import { summariseFleet } from '../../../../core/fleet/summarise-fleet.ts';
import type { Gate, GateOf } from '../../../../core/plan/gate.ts';
import type { SessionVerdict } from '../../../../core/sessions/match-sessions.ts';
import type { ObservedDaemon } from '../../../../core/sessions/session.ts';
import { fleetReport } from '../../../support/samples/fleet-reports.ts';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';

const revision = { lineage: 'controller:c', number: 2, digest: `sha256:${'2'.repeat(64)}` };
const before = { ...revision, number: 1, digest: `sha256:${'1'.repeat(64)}` };
const asking: GateQuestion = {
  revision,
  isOwnOnly: false,
  isRollingBack: false,
  isFollowing: false,
  waitedMs: 0,
};
const bird: ObservedDaemon = {
  ok: true,
  at: '/run/bird.ctl',
  status: { version: '1.6.8', routerId: '10.0.0.2', activity: 'running', isRecovering: false },
  sessions: [],
  routes: 0,
};
const up: SessionVerdict = { neighbor: '10.0.0.1', verdict: 'established' };
const down: SessionVerdict = { neighbor: '10.0.0.3', verdict: 'down', why: 'connection refused' };
const unknown: SessionVerdict = { neighbor: '10.0.0.4', verdict: 'unknown', why: 'silent' };

const sessionsGate: GateOf<'fleet-sessions'> = {
  kind: 'fleet-sessions',
  stableSeconds: 10,
  withinSeconds: 120,
};

function reportOf(node: string, changes: Partial<FleetReport> = {}): FleetReport {
  return fleetReport(node, { revision, ...changes });
}

interface Given {
  readonly verdicts?: readonly SessionVerdict[];
  readonly daemons?: readonly ObservedDaemon[];
  readonly reports?: readonly FleetReport[];
  readonly isAvailable?: boolean;
  readonly routes?: FleetReport['routes'];
  readonly waitedMs?: number;
  readonly before?: Baseline;
  readonly writtenSeconds?: number;
}

function sources({ verdicts = [up], daemons = [bird], reports, ...given }: Given): GateSources {
  return {
    calico: createMemoryDatastore(),
    nodeName: () => 'node-0',
    now: () => '2026-11-27T02:30:00',
    sessions: () => Promise.resolve({ daemons, verdicts }),
    before: () => given.before,
    writtenSeconds: () => given.writtenSeconds,
    ...(given.routes !== undefined && { routes: () => Promise.resolve(given.routes ?? 'unknown') }),
    ...(reports !== undefined && {
      fleet: {
        alone: () => (given.isAvailable === false ? 'it has no others' : undefined),
        isOnlyNode: () => false,
        judge: (condition, { digest }) =>
          judgeFleet(condition, {
            summary: summariseFleet({
              by: 'node-0',
              digest,
              nodes: ['node-0', 'node-1', 'node-2'],
              reports: [reportOf('node-0'), ...reports],
              waitedMs: given.waitedMs ?? 0,
            }),
            own: undefined,
          }),
        judgeTurn: () => ({ isOpen: true }),
        restarting: () => [],
      },
    }),
  };
}

function read(gate: Gate, given: Given, question = asking): Promise<GateReading> {
  const readers = createGateReaders(sources(given));
  switch (gate.kind) {
    case 'pool-free':
      return readers['pool-free'].read(gate, question);
    case 'node-sessions':
      return readers['node-sessions'].read(gate, question);
    case 'fleet-files':
      return readers['fleet-files'].read(gate, question);
    case 'fleet-restarted':
      return readers['fleet-restarted'].read(gate, question);
    case 'rollout':
      return readers.rollout.read(gate, question);
    case 'outside':
      return readers.outside.read(gate, question);
    case 'restart-turn':
      return readers['restart-turn'].read(gate, question);
    case 'fleet-sessions':
      return readers['fleet-sessions'].read(gate, question);
    case 'fleet-guarding':
      return readers['fleet-guarding'].read(gate, question);
    case 'fleet-written':
      return readers['fleet-written'].read(gate, question);
    case 'fleet-routes':
      return readers['fleet-routes'].read(gate, question);
  }
}

describe('the gate of a pool', () => {
  const gate: Gate = { kind: 'pool-free', cidr: '10.9.0.0/16', withinSeconds: 60 };

  it('is open with no address in use, and closed when the usage is unknown', async () => {
    const calico = createMemoryDatastore();
    const readers = createGateReaders({ ...sources({}), calico });
    const { cidr } = gate;
    const usages = [[{ cidr, addresses: 0 }], [{ cidr, addresses: 3 }], undefined];
    const readings: GateReading[] = [];
    for (const usage of usages) {
      calico.meddle.usage = () => usage;
      readings.push(await readers['pool-free'].read(gate, asking));
    }
    expect(readings).to.deep.equal([
      { isOpen: true },
      { isOpen: false, why: '3 are in use' },
      { isOpen: false, why: 'nobody can tell how many are in use' },
    ]);
  });
});

describe("the gate of this node's sessions", () => {
  const gate: Gate = { kind: 'node-sessions', stableSeconds: 10, withinSeconds: 120 };

  it('is closed while one is down, and names it with the reason', async () => {
    const reading = await read(gate, { verdicts: [down, up] });
    expect(reading).to.deep.equal({
      isOpen: false,
      why: 'node-0: 10.0.0.3: connection refused',
    });
  });

  it('will not open when the other side refuses a session after everything is written', async () => {
    const refused: SessionVerdict = {
      neighbor: '10.0.0.3',
      expected: { neighbor: '10.0.0.3', family: 4, remoteAs: 64513, origin: 'configuration' },
      observed: {
        name: 'Global_10_0_0_3',
        state: 'Idle',
        remoteAs: 64513,
        since: { seconds: 2, isDay: false },
        channels: [],
      },
      verdict: 'down',
      code: 'their-as-differs',
      why: 'another AS number',
    };
    const verdicts = [down, refused];
    const why = 'node-0: 10.0.0.3: connection refused, 10.0.0.3: another AS number';
    expect(await read(gate, { verdicts })).to.deep.equal({ isOpen: false, why });
    expect(await read(gate, { verdicts, writtenSeconds: 20 })).to.deep.equal({
      isOpen: false,
      why,
      broken: 'node-0: 10.0.0.3: another AS number',
    });
  });

  it('reads the named sessions alone', async () => {
    const verdicts = [down, up];
    expect(await read({ ...gate, to: ['10.0.0.1'] }, { verdicts })).to.deep.equal({ isOpen: true });
    expect(await read({ ...gate, to: ['10.0.0.3'] }, { verdicts })).to.include({ isOpen: false });
  });

  it('is not closed by a session that was not observed, and says so', async () => {
    expect(await read(gate, { verdicts: [unknown, up] })).to.deep.equal({
      isOpen: true,
      passedOver: 'nobody could observe the sessions of node-0',
    });
  });

  it('is not closed by a session that was down before the change, and names it', async () => {
    const sessions = [
      { neighbor: '10.0.0.1', remoteAs: 65000, established: true },
      { neighbor: '10.0.0.3', remoteAs: 65000, established: false },
    ];
    const expected = { neighbor: '10.0.0.3', family: 4, origin: 'configuration' } as const;
    const verdicts = [{ ...down, expected: { ...expected, remoteAs: 65000 } }, up];
    const was = { controller: false, sessions };
    expect(await read(gate, { verdicts, before: was })).to.deep.equal({
      isOpen: true,
      passedOver: 'not waited for, because it was down before the change: 10.0.0.3',
    });
    const others = verdicts.map((one) => ({ ...one, expected: { ...expected, remoteAs: 65009 } }));
    expect(await read(gate, { verdicts: others, before: was })).to.include({ isOpen: false });
  });

  it('is open for good without BIRD', async () => {
    expect(await read(gate, { verdicts: [unknown], daemons: [] })).to.deep.equal({
      isOpen: true,
      isFinal: true,
      passedOver: 'no BIRD is on node-0',
    });
  });
});

describe('the gate of the sessions of all nodes', () => {
  const isAsk = (given: Given, question = asking): Promise<GateReading> =>
    read(sessionsGate, given, question);

  it('is open when this node observes its sessions, and all others report theirs', async () => {
    const reports = [reportOf('node-1'), reportOf('node-2')];
    expect(await isAsk({ reports })).to.deep.equal({ isOpen: true });
    expect(await isAsk({ reports, verdicts: [down] })).to.include({ isOpen: false });
  });

  it('is closed by a node whose sessions are not up, or that has not begun', async () => {
    const worst = '10.0.0.1: no answer';
    const reports = [
      reportOf('node-1', {
        sessions: { expected: 1, established: 0, asExpected: false, worst },
      }),
      reportOf('node-2', { stage: 'guarding' }),
    ];
    expect(await isAsk({ reports })).to.deep.equal({
      isOpen: false,
      why: '2 of 3 nodes hold it up: node-1 (session to 10.0.0.1: no answer), node-2 (it has not begun its steps)',
    });
  });

  it('waits 30 s for a node without a report for this revision, and goes on without it', async () => {
    const reports = [reportOf('node-1', { revision: before }), reportOf('node-2')];
    expect(await isAsk({ reports })).to.deep.equal({
      isOpen: false,
      why: '1 of 3 nodes holds it up: node-1 (it has not reported yet)',
    });
    expect(await isAsk({ reports, waitedMs: 30_000 })).to.deep.equal({
      isOpen: true,
      passedOver: 'away: node-1',
    });
  });

  it('is not closed by a node that cannot ask its BIRD', async () => {
    const reports = [reportOf('node-1', { sessions: 'unknown' }), reportOf('node-2')];
    expect(await isAsk({ reports })).to.deep.equal({
      isOpen: true,
      passedOver: 'sessions unknown: node-1',
    });
  });

  it('names the nodes with sessions that were down before, and opens', async () => {
    const sessions = { expected: 2, established: 1, asExpected: true, downBefore: 1 };
    const reports = [reportOf('node-1', { sessions }), reportOf('node-2')];
    expect(await isAsk({ reports })).to.deep.equal({
      isOpen: true,
      passedOver: 'not waited for: sessions that were down before the change, of node-1',
    });
  });

  it('reads this node alone without an exchange, and for a revision in force', async () => {
    expect(await isAsk({})).to.deep.equal({ isOpen: true });
    expect(await isAsk({ reports: [], isAvailable: false })).to.deep.equal({ isOpen: true });
    expect(await isAsk({ reports: [] }, { ...asking, isOwnOnly: true })).to.deep.equal({
      isOpen: true,
    });
  });
});

describe('the gate of guard routes on all nodes', () => {
  const gate: Gate = { kind: 'fleet-guarding', withinSeconds: 60 };

  it('is closed until each live node has them, or cannot have them', async () => {
    const guarded = [reportOf('node-1'), reportOf('node-2', { guard: 'never' })];
    expect(await read(gate, { reports: guarded })).to.deep.equal({ isOpen: true });
    const one = [reportOf('node-1'), reportOf('node-2', { guard: 'off' })];
    expect(await read(gate, { reports: one })).to.deep.equal({
      isOpen: false,
      why: '1 of 3 nodes holds it up: node-2 (it does not guard its routes yet)',
    });
    expect(await read(gate, { reports: [reportOf('node-1')] })).to.include({ isOpen: false });
  });

  it('is open for an agent without a fleet', async () => {
    expect(await read(gate, {})).to.include({ isOpen: true });
  });
});

describe("the gate of the nodes' own changes", () => {
  const gate: Gate = { kind: 'fleet-written', stableSeconds: 10, withinSeconds: 180 };

  it('is closed while another node has changes of its own', async () => {
    const reports = [reportOf('node-1', { ownChangesLeft: true }), reportOf('node-2')];
    expect(await read(gate, { reports })).to.deep.equal({
      isOpen: false,
      why: '1 of 3 nodes holds it up: node-1 (it has changes of its own to make)',
    });
    expect(await read(gate, { reports: [reportOf('node-1'), reportOf('node-2')] })).to.deep.equal({
      isOpen: true,
    });
  });
});

describe('the gate of the routes to pods', () => {
  const gate: Gate = { kind: 'fleet-routes', withinSeconds: 120 };

  it('is closed while a route is missing, here or on another node', async () => {
    const reports = [reportOf('node-1'), reportOf('node-2')];
    expect(await read(gate, { reports, routes: 'back' })).to.deep.equal({ isOpen: true });
    expect(await read(gate, { reports, routes: 'missing' })).to.deep.equal({
      isOpen: false,
      why: 'node-0 does not have them all',
    });
    const missing = [reportOf('node-1', { routes: 'missing' }), reportOf('node-2')];
    expect(await read(gate, { reports: missing })).to.deep.equal({
      isOpen: false,
      why: '1 of 3 nodes holds it up: node-1 (it lacks a route to a pod block that it had before)',
    });
  });
});
