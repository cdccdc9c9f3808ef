import { expect } from 'chai';
import fc from 'fast-check';
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import {
  fleetText,
  judgeFleet,
  type FleetCondition,
  type FleetVerdict,
} from '../../../core/fleet/judge-fleet.ts';
import {
  parseFleetSummary,
  summariseFleet,
  type FleetToSummarise,
} from '../../../core/fleet/summarise-fleet.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { fleetDigest, fleetReport } from '../../support/samples/fleet-reports.ts';

const guarding: FleetCondition = { kind: 'fleet-guarding' };
const sessions: FleetCondition = { kind: 'fleet-sessions' };
const routes: FleetCondition = { kind: 'fleet-routes' };
const conditions = [guarding, sessions, routes] as const;

const down: Partial<FleetReport> = {
  sessions: {
    expected: 2,
    established: 1,
    asExpected: false,
    worst: '10.0.0.2: connection refused',
    missing: ['10.0.0.2'],
  },
};

const fleetOf = (changed: Partial<FleetToSummarise>): FleetToSummarise => ({
  by: 'node-1',
  digest: fleetDigest,
  nodes: ['node-1', 'node-2'],
  reports: [fleetReport('node-1'), fleetReport('node-2')],
  waitedMs: 0,
  ...changed,
});

const judge = (
  condition: FleetCondition,
  fleet: Partial<FleetToSummarise>,
  own?: FleetReport,
): FleetVerdict => judgeFleet(condition, { summary: summariseFleet(fleetOf(fleet)), own });

const whyOf = (verdict: FleetVerdict): string => (verdict.isOpen ? 'open' : verdict.why);

describe('a condition of the whole fleet', () => {
  it('is met when every node meets it', () => {
    for (const condition of conditions) {
      expect(judge(condition, {})).to.deep.equal({ isOpen: true });
    }
  });

  describe('in a rollout that has reached a part of the nodes', () => {
    const of = (waitedMs: number, given: Partial<FleetToSummarise> = {}): FleetToSummarise =>
      fleetOf({
        nodes: ['node-1', 'node-2', 'node-3', 'node-4', 'node-5'],
        reports: ['node-1', 'node-2', 'node-3'].map((name) => fleetReport(name, { isPart: true })),
        waitedMs,
        ...given,
      });

    it('waits 10 s for the reports of the others, and takes them neither for away nor for nodes without an agent', () => {
      const isOpen = (waitedMs: number): boolean =>
        judgeFleet(guarding, { summary: summariseFleet(of(waitedMs)), own: undefined }).isOpen;
      expect([9_999, 10_000].map(isOpen)).to.deep.equal([false, true]);
      const summary = summariseFleet(of(30_000));
      expect(summary).to.include({ nodes: 5, ready: 3 });
      expect(summary).not.to.have.any.keys('away', 'neverReported', 'expectedAway');
    });

    it('names a node of the wave that has fallen silent', () => {
      const silent = new Set(['node-2']);
      const { away } = summariseFleet(of(30_000, { silent }));
      expect(away).to.deep.equal({ count: 1, first: ['node-2'] });
    });
  });

  describe('with a node that did not report in the last change either', () => {
    const nodes = ['node-1', 'node-2', 'node-3'];
    const withoutReport = new Set(['node-3']);

    it('waits 10 s for it, and 30 s for others', () => {
      const isOpen = (waitedMs: number, given: Partial<FleetToSummarise> = {}): boolean =>
        judge(guarding, { nodes, withoutReport, waitedMs, ...given }).isOpen;
      expect([9_999, 10_000].map((waitedMs) => isOpen(waitedMs))).to.deep.equal([false, true]);
      expect(isOpen(29_999, { reports: [fleetReport('node-1')] })).to.equal(false);
    });

    it('remembers it, and no node that reports another change, or has fallen silent', () => {
      const rememberedOf = (given: Partial<FleetToSummarise>): readonly string[] | undefined =>
        summariseFleet(fleetOf({ nodes, waitedMs: 30_000, ...given })).neverReported;
      expect(rememberedOf({})).to.deep.equal(['node-3']);
      expect(rememberedOf({ elsewhere: new Set(['node-3']) })).to.deep.equal([]);
      expect(rememberedOf({ silent: new Set(['node-3']) })).to.deep.equal([]);
      expect(rememberedOf({ waitedMs: 29_999 })).to.equal(undefined);
      // It came late, when the others may have ended the change.
      expect(rememberedOf({ reports: [fleetReport('node-1')] })).to.equal(undefined);
    });
  });

  it('is closed while nothing is known about the fleet', () => {
    const nothing = { summary: undefined, own: undefined };
    expect(whyOf(judgeFleet(guarding, nothing))).to.equal(
      'nothing is known of the other nodes yet',
    );
  });

  it('names the node that holds it up, and the reason', () => {
    const reports = [fleetReport('node-1'), fleetReport('node-2', down)];
    expect(whyOf(judge(sessions, { reports }))).to.equal(
      '1 of 2 nodes holds it up: node-2 (session to 10.0.0.2: connection refused)',
    );
    const off = [fleetReport('node-1', { guard: 'off' }), fleetReport('node-2')];
    expect(whyOf(judge(guarding, { reports: off }))).to.equal(
      '1 of 2 nodes holds it up: node-1 (it does not guard its routes yet)',
    );
  });

  it('does not wait for the guard of a node that cannot guard', () => {
    const reports = [fleetReport('node-1'), fleetReport('node-2', { guard: 'never' })];
    expect(judge(guarding, { reports }).isOpen).to.equal(true);
  });

  it('waits 30 s for the report of a node, and then calls it away', () => {
    const reports = [fleetReport('node-1')];
    expect(whyOf(judge(guarding, { reports, waitedMs: 29_999 }))).to.equal(
      '1 of 2 nodes holds it up: node-2 (it has not reported yet)',
    );
    expect(judge(guarding, { reports, waitedMs: 30_000 })).to.deep.equal({
      isOpen: true,
      notes: 'away: node-2',
    });
  });

  it('does not wait for a node that reported and fell silent', () => {
    const reports = [fleetReport('node-1'), fleetReport('node-2', down)];
    const silent = new Set(['node-2']);
    expect(judge(sessions, { reports, silent })).to.deep.equal({
      isOpen: true,
      notes: 'away: node-2',
    });
  });

  it('does not call a node away that was ready and withdrew its report', () => {
    const finished = new Set(['node-2']);
    const reports = [fleetReport('node-1')];
    expect(judge(sessions, { reports, finished, waitedMs: 60_000 })).to.deep.equal({
      isOpen: true,
    });
  });

  it('ignores a report of another revision', () => {
    const revision = { lineage: 'local:x', number: 1, digest: `sha256:${'b'.repeat(64)}` };
    const reports = [fleetReport('node-1'), fleetReport('node-2', { revision })];
    expect(judge(guarding, { reports }).isOpen).to.equal(false);
  });

  it('compares the content of revisions: each node may have its own number for it', () => {
    const revision = { lineage: 'local:x', number: 1, digest: fleetDigest };
    const reports = [fleetReport('node-1'), fleetReport('node-2', { revision })];
    expect(judge(guarding, { reports }).isOpen).to.equal(true);
  });

  it('waits for the steps of a node that only guards so far, and for one that failed', () => {
    const early = [fleetReport('node-1'), fleetReport('node-2', { stage: 'guarding' })];
    expect(whyOf(judge(sessions, { reports: early }))).to.contain('it has not begun its steps');
    const failed = fleetReport('node-2', { stage: 'failed', why: 'etcd does not answer' });
    expect(whyOf(judge(sessions, { reports: [fleetReport('node-1'), failed] }))).to.equal(
      '1 of 2 nodes holds it up: node-2 (etcd does not answer)',
    );
  });

  it('does not count unreadable sessions as down, and says that it saw none', () => {
    const reports = [fleetReport('node-1'), fleetReport('node-2', { sessions: 'unknown' })];
    expect(judge(sessions, { reports })).to.deep.equal({
      isOpen: true,
      notes: 'sessions unknown: node-2',
    });
  });

  it('waits only for the sessions to some addresses when it names them', () => {
    const reports = [fleetReport('node-1'), fleetReport('node-2', down)];
    const to = (address: string): FleetCondition => ({ ...sessions, to: [address] });
    expect(judge(to('10.0.0.3'), { reports }).isOpen).to.equal(true);
    expect(judge(to('10.0.0.2'), { reports }).isOpen).to.equal(false);
    expect(judge(to('10.0.0.3'), { reports: reports.slice(0, 1) }).isOpen).to.equal(false);
  });

  it("does not open while this node's own report contradicts the summary", () => {
    const own = fleetReport('node-1', down);
    expect(whyOf(judge(sessions, {}, own))).to.equal(
      'this node: session to 10.0.0.2: connection refused',
    );
  });

  it('is one line in the status', () => {
    const reports = [fleetReport('node-1'), fleetReport('node-2', down)];
    const nodes = ['node-1', 'node-2', 'node-3'];
    const summary = summariseFleet(fleetOf({ nodes, reports, waitedMs: 30_000 }));
    expect(fleetText(summary)).to.equal(
      '1 of 3 nodes ready; waiting for node-2: session to 10.0.0.2: connection refused; away: node-3',
    );
  });
});

const names = fc.integer({ min: 1, max: 40 }).map((number) => `node-${String(number)}`);
const reports = fc.uniqueArray(
  fc
    .tuple(
      names,
      fc.constantFrom<Partial<FleetReport>>(
        {},
        down,
        { guard: 'off' },
        { routes: 'missing' },
        {
          sessions: 'unknown',
        },
        { why: '\u001b'.repeat(600), guard: 'off', isWriter: true },
      ),
    )
    .map(([name, changed]) => fleetReport(name, changed)),
  { selector: ({ node }) => node },
);
const fleets: fc.Arbitrary<FleetToSummarise> = fc.record({
  by: fc.constant('node-1'),
  digest: fc.constant(fleetDigest),
  nodes: fc.array(names),
  reports,
  silent: fc.array(names).map((all) => new Set(all)),
  waitedMs: fc.nat(60_000),
});

describe('the summary of a fleet', () => {
  it('does not depend on the order of the reports', () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const turned = { ...fleet, reports: fleet.reports.toReversed() };
        expect(summariseFleet(turned)).to.deep.equal(summariseFleet(fleet));
      }),
    );
  });

  it('is read as it was written, within its bounds', () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const text = JSON.stringify(summariseFleet(fleet));
        expect(Buffer.byteLength(text)).to.be.below(jsonBounds.fleetSummary.maxBytes);
        expect(parseFleetSummary(text, fleetDigest)).to.not.equal(undefined);
        expect(parseFleetSummary(text, `sha256:${'b'.repeat(64)}`)).to.equal(undefined);
      }),
    );
  });

  it('is bounded when all names and reasons have their greatest length', () => {
    const why = 'w'.repeat(600);
    const nameOf = (kind: string, index: number): string =>
      `${kind}-${String(index)}-`.padEnd(253, 'n');
    const nodes = Array.from({ length: 1000 }, (_, index) => nameOf('mute', index));
    const long = Array.from({ length: 3000 }, (_, index) => {
      const rolledBack = index % 3 === 0 && { stage: 'rolled-back' as const };
      const node = nameOf('node', index);
      return fleetReport(node, {
        guard: 'off',
        routes: 'missing',
        ownChangesLeft: true,
        unhealthy: why,
        sessions: {
          expected: 1,
          established: 0,
          asExpected: false,
          worst: 'w'.repeat(320),
          broken: 'b'.repeat(200),
        },
        why,
        ...rolledBack,
      });
    });
    const text = JSON.stringify(
      summariseFleet(fleetOf({ nodes, reports: long, waitedMs: 30_000 })),
    );
    expect(parseFleetSummary(text, fleetDigest)?.neverReported?.length).to.equal(16);
  });

  it('never becomes met because one more node is not ready', () => {
    fc.assert(
      fc.property(fleets, fc.constantFrom(...conditions), (fleet, condition) => {
        const late = fleetReport('node-99', { ...down, guard: 'off', routes: 'missing' });
        const more = { ...fleet, reports: [...fleet.reports, late] };
        const situation = { summary: summariseFleet(more), own: undefined };
        expect(judgeFleet(condition, situation).isOpen).to.equal(false);
      }),
    );
  });

  it('is never held up by nodes that are away', () => {
    fc.assert(
      fc.property(fleets, fc.constantFrom(...conditions), (fleet, condition) => {
        const ready = fleet.reports.map(({ node }) => fleetReport(node));
        const summary = summariseFleet({ ...fleet, reports: ready, waitedMs: 30_000 });
        expect(judgeFleet(condition, { summary, own: undefined }).isOpen).to.equal(true);
        expect(summary.ready + (summary.away?.count ?? 0)).to.equal(summary.nodes);
      }),
    );
  });
});
