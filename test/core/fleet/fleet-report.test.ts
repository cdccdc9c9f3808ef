import { expect } from 'chai';
import fc from 'fast-check';
import {
  fleetSessions,
  parseFleetReport,
  type FleetReport,
} from '../../../core/fleet/fleet-report.ts';
import { isPrintable } from '../../../core/printable.ts';
import type { SessionVerdict, Verdict } from '../../../core/sessions/match-sessions.ts';
import { isFleetReport } from '../../../schemas/generated/fleet-report.validator.js';
import { fleetReport } from '../../support/samples/fleet-reports.ts';

const text = JSON.stringify(fleetReport('node-1'));

describe('the report of another node', () => {
  it('is read as it was written', () => {
    expect(parseFleetReport(text, 'node-1')).to.deep.equal({
      ok: true,
      report: fleetReport('node-1'),
    });
  });

  const refused: readonly (readonly [string, string])[] = [
    ['speaks for another node', JSON.stringify(fleetReport('node-2'))],
    [
      'has a field that reports do not have',
      JSON.stringify({ ...fleetReport('node-1'), extra: 1 }),
    ],
    ['is larger than 4 KiB', JSON.stringify(fleetReport('node-1', { why: 'x'.repeat(4096) }))],
    ['is no JSON', text.slice(1)],
    ['is nested beyond reason', '['.repeat(2000)],
    [
      'has an address that is none',
      JSON.stringify(
        fleetReport('node-1', {
          sessions: { expected: 1, established: 0, asExpected: false, missing: ['\u001b[2J'] },
        }),
      ),
    ],
  ];
  for (const [what, odd] of refused) {
    it(`is ignored when it ${what}`, () => {
      const read = parseFleetReport(odd, 'node-1');
      expect(read.ok).to.equal(false);
      expect(isPrintable(read.ok ? '' : read.reason)).to.equal(true);
    });
  }

  it('is safe to print, whatever it contains', () => {
    const evil = JSON.stringify(fleetReport('node-1', { why: '\u001b]0;owned\u0007\n\u202e' }));
    const read = parseFleetReport(evil, 'node-1');
    expect(read.ok && isPrintable(read.report.why ?? '\n')).to.equal(true);
  });
});

const verdictOf = (verdict: Verdict, neighbor: string): SessionVerdict => ({
  verdict,
  neighbor,
  ...(verdict === 'established' ? {} : { why: 'connection refused' }),
});

describe('the sessions of a report', () => {
  it('name the neighbours without an Established session', () => {
    expect(
      fleetSessions([verdictOf('down', '10.0.0.2'), verdictOf('established', '10.0.0.3')]),
    ).to.deep.equal({
      expected: 2,
      established: 1,
      asExpected: false,
      worst: '10.0.0.2: connection refused',
      missing: ['10.0.0.2'],
    });
  });

  it('count those that were down before the change, and require the others alone', () => {
    const before = [
      { neighbor: '10.0.0.2', remoteAs: 0, established: false },
      { neighbor: '10.0.0.3', remoteAs: 0, established: true },
    ];
    const verdicts = [verdictOf('down', '10.0.0.2'), verdictOf('established', '10.0.0.3')];
    expect(fleetSessions(verdicts, { controller: false, sessions: before })).to.deep.equal({
      expected: 2,
      established: 1,
      asExpected: true,
      downBefore: 1,
    });
  });

  it('are unknown when no session could be read', () => {
    expect(fleetSessions([verdictOf('unknown', '10.0.0.2')])).to.equal('unknown');
  });

  it('are as expected with one session too many, or one that could not be read', () => {
    const sessions = fleetSessions([
      verdictOf('unknown', '10.0.0.2'),
      verdictOf('unexpected', '10.0.0.4'),
      verdictOf('established', '10.0.0.3'),
    ]);
    expect(sessions).to.deep.equal({ expected: 2, established: 1, asExpected: true });
  });

  it('fit into a report with any number of neighbours', () => {
    const kinds: readonly Verdict[] = ['differs', 'missing', 'down', 'unknown', 'established'];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...kinds), fc.ipV4()), { maxLength: 60 }),
        (all) => {
          const sessions = fleetSessions(
            all.map(([verdict, address]) => verdictOf(verdict, address)),
          );
          const report: FleetReport = fleetReport('node-1', { sessions });
          expect(isFleetReport(report)).to.equal(true);
          expect(parseFleetReport(JSON.stringify(report), 'node-1').ok).to.equal(true);
        },
      ),
    );
  });
});
