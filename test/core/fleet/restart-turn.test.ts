import { expect } from 'chai';
import fc from 'fast-check';
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import { judgeTurn } from '../../../core/fleet/restart-turn.ts';
import { summariseFleet } from '../../../core/fleet/summarise-fleet.ts';
import type { FleetSummary } from '../../../core/fleet/summarise-fleet.ts';
import { fleetDigest, fleetReport } from '../../support/samples/fleet-reports.ts';

type PlatformReport = NonNullable<FleetReport['platform']>;

function report(node: string, platform?: PlatformReport): FleetReport {
  return fleetReport(node, { stage: 'at-gate', ...(platform !== undefined && { platform }) });
}

function summary(...reports: readonly FleetReport[]): FleetSummary {
  const nodes = reports.map(({ node }) => node);
  return summariseFleet({ by: 'a', digest: fleetDigest, nodes, reports, waitedMs: 0 });
}

const due = { restart: 'due' } as const;
const dueServer = { restart: 'due', isControlPlane: true } as const;
const turn = { restart: 'turn' } as const;

describe('the turns of restarts over a fleet', () => {
  it('begin with the control planes, by name', () => {
    const all = summary(
      report('agent-1', due),
      report('server-2', dueServer),
      report('server-1', dueServer),
    );
    expect(all.restartOrder).to.deep.equal(['server-1', 'server-2', 'agent-1']);
    expect(judgeTurn(all, 'server-1', 1).isOpen).to.equal(true);
    expect(judgeTurn(all, 'server-2', 1)).to.deep.equal({
      isOpen: false,
      why: 'first comes server-1',
    });
    expect(judgeTurn(all, 'agent-1', 1)).to.deep.equal({
      isOpen: false,
      why: 'first comes server-1, server-2',
    });
  });

  it('let as many nodes restart at the same time as the limit says', () => {
    const all = summary(report('agent-1', due), report('agent-2', due), report('agent-3', due));
    const open = ['agent-1', 'agent-2', 'agent-3'].filter((node) => judgeTurn(all, node, 2).isOpen);
    expect(open).to.deep.equal(['agent-1', 'agent-2']);
  });

  it('let one control plane restart at a time, whatever the limit', () => {
    const turnServer = { restart: 'turn', isControlPlane: true } as const;
    const nodes = ['agent-1', 'server-1', 'server-2', 'server-3'];
    const openOf = (...reports: readonly FleetReport[]): readonly string[] =>
      nodes.filter((node) => judgeTurn(summary(...reports), node, 3).isOpen);
    const servers = nodes.slice(1).map((node) => report(node, dueServer));
    expect(openOf(report('agent-1', due), ...servers)).to.deep.equal(['server-1']);
    expect(openOf(report('agent-1', due), report('server-3', turnServer))).to.deep.equal([
      'server-3',
    ]);
    expect(openOf(report('agent-1', due))).to.deep.equal(['agent-1']);
  });

  it('hold back a node that joins in the middle, also a control plane, until the running restart ends', () => {
    const all = summary(report('agent-1', turn), report('server-0', dueServer));
    expect(judgeTurn(all, 'server-0', 1)).to.deep.equal({
      isOpen: false,
      why: 'agent-1 restarts its services',
    });
  });

  it('end when a node went back: the nodes that are left stay as they are', () => {
    const failed = fleetReport('server-1', { stage: 'rolled-back', why: 'kubelite did not start' });
    const verdict = judgeTurn(summary(failed, report('agent-1', due)), 'agent-1', 1);
    expect(verdict).to.deep.include({ isOpen: false });
    expect(verdict)
      .to.have.property('broken')
      .that.contains('server-1')
      .and.contains('kubelite did not start');
  });

  it('never let more nodes restart than the limit, and no other node before a control plane', () => {
    const kinds = fc.array(fc.boolean(), { minLength: 1, maxLength: 14 });
    fc.assert(
      fc.property(
        kinds,
        fc.integer({ min: 1, max: 3 }),
        fc.infiniteStream(fc.nat(99)),
        (servers, parallel, picks) => {
          const left = new Map(
            servers.map((isControlPlane, index): [string, PlatformReport] => [
              `node-${String(index).padStart(2, '0')}`,
              isControlPlane ? dueServer : due,
            ]),
          );
          const names = [...left.keys()];
          for (let steps = 0; left.size > 0; steps += 1) {
            expect(steps).to.be.lessThan(10_000);
            const now = summary(...names.map((name) => report(name, left.get(name))));
            const name = names[(picks.next().value ?? 0) % names.length] ?? '';
            const own = left.get(name);
            if (own === undefined) continue;
            if (own.restart === 'turn') left.delete(name);
            else if (judgeTurn(now, name, parallel).isOpen) {
              const isServerLeft = [...left.values()].some(
                (one) => one.isControlPlane === true && one.restart === 'due',
              );
              if (parallel === 1 && isServerLeft) expect(own.isControlPlane).to.equal(true);
              left.set(name, { ...own, restart: 'turn' });
            }
            const running = [...left.values()].filter(({ restart }) => restart === 'turn');
            expect(running.length).to.be.at.most(parallel);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a summary of platforms', () => {
  it('names the nodes whose files are not as the configuration asks, and has no such field otherwise', () => {
    const files = summary(
      report('node-1', { filesLeft: true, restart: 'due' }),
      report('node-2'),
    ).files;
    expect(files?.first.map(({ node }) => node)).to.deep.equal(['node-1']);
    expect(summary(report('node-1'))).not.to.have.any.keys('files', 'restarts', 'restartOrder');
  });
});
