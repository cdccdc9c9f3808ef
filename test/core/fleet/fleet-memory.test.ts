import { expect } from 'chai';
import {
  mostReports,
  rememberReports,
  type FleetMemory,
  type SeenReport,
} from '../../../core/fleet/fleet-memory.ts';
import { fleetReport } from '../../support/samples/fleet-reports.ts';

describe('the memory of reports', () => {
  it('keeps those that are there, and few of the gone, where names change all the time', () => {
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
});
