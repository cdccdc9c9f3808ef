import { expect } from 'chai';
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import { reportAbout } from '../../../core/fleet/fleet-report.ts';
import { judgeOthers } from '../../../core/fleet/judge-others.ts';
import { summariseFleet, type FleetSummary } from '../../../core/fleet/summarise-fleet.ts';
import { fleetDigest, fleetReport } from '../../support/samples/fleet-reports.ts';

const summaryOf = (
  reports: readonly FleetReport[],
  changed: Partial<Parameters<typeof summariseFleet>[0]> = {},
): FleetSummary =>
  summariseFleet({
    by: 'node-1',
    digest: fleetDigest,
    nodes: reports.map(({ node }) => node),
    reports,
    waitedMs: 0,
    ...changed,
  });

describe("the other nodes' judgement of a change", () => {
  const own = fleetReport('node-1', { unhealthy: 'our own trouble' });

  it('names those that have not proven themselves', () => {
    const summary = summaryOf([
      own,
      fleetReport('node-2'),
      fleetReport('node-3', { isProven: true }),
    ]);
    expect(judgeOthers(summary, 'node-1')).to.deep.equal({ awaited: 'node-2' });
  });

  it('waits for no node that confirmed, went away, or is this node', () => {
    const finished = new Set(['node-2']);
    const silent = new Set(['node-3']);
    const summary = summaryOf([own], { nodes: ['node-1', 'node-2', 'node-3'], finished, silent });
    expect(judgeOthers(summary, 'node-1')).to.deep.equal({});
  });

  it('names one that is not healthy with its reason, and counts the others', () => {
    const others = ['node-2', 'node-3', 'node-4'].map((node) =>
      fleetReport(node, { unhealthy: `${node} has no session` }),
    );
    expect(judgeOthers(summaryOf([own, ...others]), 'node-1')).to.deep.equal({
      unhealthy: 'node-2 is not healthy (and 2 more): node-2 has no session',
    });
  });

  it('knows that one rolled back, also by its report of the target revision', () => {
    const later = fleetReport('node-2', {
      revision: { lineage: 'local:node-2', number: 1, digest: `sha256:${'b'.repeat(64)}` },
      stage: 'guarding',
      unhealthy: 'of another revision',
      rolledBack: { revision: fleetReport('node-2').revision, why: 'rolled back: no session' },
    });
    const about = reportAbout(later, fleetDigest);
    expect(about?.stage).to.equal('rolled-back');
    expect(reportAbout(later, `sha256:${'c'.repeat(64)}`)).to.equal(undefined);
    const summary = summaryOf([own, ...(about === undefined ? [] : [about])]);
    expect(judgeOthers(summary, 'node-1')).to.deep.equal({
      rolledBack: 'node-2 rolled back: no session',
    });
  });
});
