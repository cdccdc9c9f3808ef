import { expect } from 'chai';
import { createFleetView } from '../../../../agent/app/fleet/fleet-view.ts';
import { createLonelyExchange } from '../../../../agent/app/fleet/lonely-exchange.ts';
import { summariseFleet, type FleetSummary } from '../../../../core/fleet/summarise-fleet.ts';
import { fleetDigest, fleetReport } from '../../../support/samples/fleet-reports.ts';

const { revision } = fleetReport('node-1');
const other = { ...revision, digest: `sha256:${'b'.repeat(64)}` };

describe("the fleet, for an agent's gates", () => {
  it('is this node alone without an exchange', () => {
    const exchange = createLonelyExchange('it has no others');
    let own = fleetReport('node-1', { guard: 'off' });
    const view = createFleetView(exchange, () => own);
    exchange.publish(own);
    expect(view.judge({ kind: 'fleet-guarding' }, revision).isOpen).to.equal(false);
    own = fleetReport('node-1');
    exchange.publish(own);
    expect(view.judge({ kind: 'fleet-guarding' }, revision).isOpen).to.equal(true);
  });

  it('says nothing about another revision', () => {
    const exchange = createLonelyExchange('it has no others');
    exchange.publish(fleetReport('node-1'));
    const view = createFleetView(exchange, () => fleetReport('node-1'));
    expect(view.judge({ kind: 'fleet-guarding' }, other)).to.deep.equal({
      isOpen: false,
      why: 'nothing is known of the other nodes yet',
    });
    expect(view.writer(other)).to.equal(undefined);
  });

  it('does not take this node for another one at work when the summary is late', () => {
    const exchange = createLonelyExchange('it has no others');
    const summaryOf = (...working: readonly string[]): FleetSummary =>
      summariseFleet({
        by: 'node-2',
        digest: fleetDigest,
        nodes: [],
        reports: working.map((node) => fleetReport(node, { stage: 'applying' })),
        waitedMs: 0,
      });
    const own = fleetReport('node-1', { stage: 'applied' });
    const areOthersAtWork = (summary: FleetSummary): boolean =>
      createFleetView(
        { ...exchange, summary: () => summary, alone: () => undefined },
        () => own,
      ).othersAtWork(revision);
    expect(areOthersAtWork(summaryOf('node-1'))).to.equal(false);
    expect(areOthersAtWork(summaryOf('node-1', 'node-2'))).to.equal(true);
    expect(areOthersAtWork(summaryOf('node-2'))).to.equal(true);
    expect(areOthersAtWork(summaryOf())).to.equal(false);
  });

  it('knows that there is no other node only when the summary of the revision says so', () => {
    const exchange = createLonelyExchange('it has no others');
    const isOnlyNode = (summary: FleetSummary | undefined): boolean =>
      createFleetView({ ...exchange, summary: () => summary, alone: () => undefined }, () =>
        fleetReport('node-1'),
      ).isOnlyNode(revision);
    const summaryOf = (...nodes: readonly string[]): FleetSummary =>
      summariseFleet({ by: 'node-1', digest: fleetDigest, nodes, reports: [], waitedMs: 0 });
    expect(isOnlyNode(summaryOf('node-1'))).to.equal(true);
    expect(isOnlyNode(summaryOf('node-1', 'node-2'))).to.equal(false);
    expect(isOnlyNode(undefined)).to.equal(false);
  });

  it('shows the progress of the writer', () => {
    const exchange = createLonelyExchange('it has no others');
    exchange.publish(
      fleetReport('node-1', { isWriter: true, stage: 'rolled-back', why: 'a session was lost' }),
    );
    const view = createFleetView(exchange, () => undefined);
    expect(view.writer({ ...revision, digest: fleetDigest })).to.deep.equal({
      node: 'node-1',
      stage: 'rolled-back',
      why: 'a session was lost',
    });
  });
});
