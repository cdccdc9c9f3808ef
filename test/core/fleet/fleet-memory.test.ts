import { expect } from 'chai';
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import {
  knownReports,
  knownReportsInParts,
  mostReports,
  rememberReports,
  type FleetMemory,
  type SeenReport,
} from '../../../core/fleet/fleet-memory.ts';
import { fleetReport } from '../../support/samples/fleet-reports.ts';

describe('the memory of reports', () => {
  it('keeps the reports that are there, and few of the gone, while names change all the time', () => {
    const seen = (round: number): readonly SeenReport[] =>
      Array.from({ length: mostReports / 2 }, (_, index) => ({
        report: fleetReport(`node-${String(round)}-${String(index)}`),
        version: '1',
      }));
    let memory: FleetMemory = new Map();
    for (let round = 0; round < 4; round += 1) memory = rememberReports(memory, seen(round), round);
    expect(memory.size).to.equal(mostReports);
    expect(seen(3).every(({ report }) => memory.get(report.node)?.isGone === false)).to.equal(true);
    expect(memory.get('node-0-0')?.isGone).to.equal(true);
  });

  it('rests again and again while it chooses among many reports', () => {
    const seen = Array.from({ length: mostReports }, (_, index) => ({
      report: fleetReport(`node-${String(index)}`),
      version: '1',
    }));
    const memory = rememberReports(new Map(), seen, 0);
    const rests = [...knownReportsInParts(memory, 0, { expires: true })];
    expect(rests).to.have.length(mostReports / 1000);
  });

  describe('of a node whose report is gone', () => {
    const afterwards = (
      changes: Partial<FleetReport>,
      expires: boolean,
    ): 'finished' | 'silent' | undefined => {
      const report = fleetReport('node-1', changes);
      const seen = rememberReports(new Map(), [{ report, version: '1' }], 0);
      const known = knownReports(rememberReports(seen, [], 1000), 1000, { expires });
      if (known.finished.has('node-1')) return 'finished';
      return known.silent.has('node-1') ? 'silent' : undefined;
    };

    it('counts the node as dead when it has not confirmed, and reports expire by themselves', () => {
      expect(afterwards({}, true)).to.equal('silent');
      expect(afterwards({ stage: 'confirmed' }, true)).to.equal('finished');
    });

    it('counts the change as ended when only the node itself withdraws its report', () => {
      expect(afterwards({}, false)).to.equal('finished');
      expect(afterwards({ guard: 'off' }, false)).to.equal('silent');
    });
  });

  it('counts a node as dead that is silent after all have written, where reports stay', () => {
    const silentAt = (nowMs: number, changes: Partial<FleetReport> = {}): boolean => {
      const report = fleetReport('node-1', changes);
      const memory = rememberReports(new Map(), [{ report, version: '1' }], 0);
      const ends = { expires: false, writtenSinceMs: 10_000 };
      return knownReports(memory, nowMs, ends).silent.has('node-1');
    };
    expect([54_000, 55_000].map((nowMs) => silentAt(nowMs))).to.deep.equal([false, true]);
    // It waits for a person, or for other nodes.
    expect(silentAt(55_000, { isProven: true })).to.equal(false);
    expect(silentAt(55_000, { stage: 'at-gate' })).to.equal(false);
  });

  it('counts a node that has confirmed as finished, whatever else it reported', () => {
    const report = fleetReport('node-1', {
      stage: 'confirmed',
      unhealthy: 'confirmed by a person',
    });
    const memory = rememberReports(new Map(), [{ report, version: '1' }], 0);
    const known = knownReports(memory, 0, { expires: true });
    expect([known.reports, [...known.finished]]).to.deep.equal([[], ['node-1']]);
  });
});
