import { expect } from 'chai';
import type { FleetReport } from '../../../../core/fleet/fleet-report.ts';
import type { FleetCondition } from '../../../../core/fleet/judge-fleet.ts';
import { createFleetView } from '../../../../agent/app/fleet/fleet-view.ts';
import { createLonelyExchange } from '../../../../agent/app/fleet/lonely-exchange.ts';
import { fleetDigest, fleetReport } from '../../../support/fleet-reports.ts';

const stable: FleetCondition = { kind: 'fleet-sessions', stableSeconds: 10 };
const down: Partial<FleetReport> = { sessions: { expected: 2, established: 1, asExpected: false } };

describe("the fleet, for an agent's gates", () => {
  let now = 0;
  let own: FleetReport | undefined;
  const exchange = createLonelyExchange('it has no others');
  const view = createFleetView({ exchange, own: () => own, clock: { elapsed: () => now } });
  const publish = (changed: Partial<FleetReport> = {}): void => {
    own = fleetReport('node-1', changed);
    exchange.publish(own);
  };

  it('counts how long all sessions were Established since it was first asked', () => {
    publish();
    expect(view.judge(stable, fleetDigest).isOpen).to.equal(false);
    now += 9_999;
    expect(view.judge(stable, fleetDigest).isOpen).to.equal(false);
    now += 1;
    expect(view.judge(stable, fleetDigest).isOpen).to.equal(true);
  });

  it('counts anew after a session went down, also where nobody asked in between', () => {
    publish(down);
    publish();
    expect(view.judge(stable, fleetDigest).isOpen).to.equal(false);
    now += 10_000;
    expect(view.judge(stable, fleetDigest).isOpen).to.equal(true);
  });

  it('says nothing of another revision', () => {
    const other = `sha256:${'b'.repeat(64)}`;
    expect(view.judge(stable, other)).to.deep.equal({
      isOpen: false,
      why: 'nothing is known of the other nodes yet',
    });
  });

  it('tells how far the writer is', () => {
    publish({ isWriter: true, stage: 'rolled-back', why: 'a session was lost' });
    expect(view.writer(fleetDigest)).to.deep.equal({
      node: 'node-1',
      stage: 'rolled-back',
      why: 'a session was lost',
    });
  });
});
