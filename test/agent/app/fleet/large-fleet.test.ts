/** The cost of a change for a fleet of 5,000 nodes: writes of each node, and reads of all. */
import { expect } from 'chai';
import { createFleetReporter } from '../../../../agent/app/fleet/fleet-reporter.ts';
import { createStoreExchange } from '../../../../agent/app/fleet/store-exchange.ts';
import { createFleetView, type FleetView } from '../../../../agent/app/fleet/fleet-view.ts';
import type { AgentState } from '../../../../agent/app/state/agent-state.ts';
import type { FleetReport } from '../../../../core/fleet/fleet-report.ts';
import type { SessionVerdict } from '../../../../core/sessions/match-sessions.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { birdDaemon } from '../../../support/samples/fleet-nodes.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import { createMemoryFleet, type MemoryFleet } from '../../../support/twins/memory-fleet-store.ts';
import { passTime } from '../../../support/clocks/pass-time.ts';

const revision = { lineage: 'controller:c', number: 2, digest: `sha256:${'2'.repeat(64)}` };
const reflectors = ['10.0.0.1', '10.0.0.2'];

interface Node {
  readonly view: FleetView;
  begin(): Promise<void>;
  guard: FleetReport['guard'];
  established: number;
  written(): void;
  confirm(): void;
}

/**
 * From the mesh to two reflectors: the node guards, waits at a gate, and finally has its sessions.
 */
function createNode(name: string, fleet: MemoryFleet, clock: ManualClock, expires: boolean): Node {
  let state: AgentState = { formatVersion: 1, lineages: [], rejected: [], accepted: revision };
  const store = fleet.storeOf(name, { expires });
  const exchange = createStoreExchange({ store, clock, logger: silentLogger });
  const reporter = createFleetReporter({
    exchange,
    node: () => name,
    state: () => state,
    isHeld: () => false,
    isWriter: () => name === 'node-0',
    sessions: () => {
      const verdicts = reflectors.map((neighbor, index): SessionVerdict =>
        index < node.established
          ? { neighbor, verdict: 'established' }
          : { neighbor, verdict: 'missing', why: 'not in BIRD yet' },
      );
      return Promise.resolve({ daemons: [birdDaemon], verdicts });
    },
    guard: () => ({ guard: node.guard }),
    clock,
    logger: silentLogger,
  });
  const node: Node = {
    view: createFleetView(exchange, () => reporter.own()),
    guard: 'off',
    established: 0,
    begin: async () => {
      node.guard = 'on';
      await reporter.begins({
        revision,
        isOwnOnly: false,
        plan: { formatVersion: 1, steps: [], issues: [] },
      });
      const progress = { step: 1, steps: 3, title: 'peers' };
      reporter.moved({ revision, at: 'gate', progress, why: 'all nodes have guard routes' });
    },
    written: () => reporter.moved({ revision, at: 'written' }),
    confirm: () => {
      state = { ...state, inForce: revision, confirmed: revision };
      reporter.refresh();
    },
  };
  return node;
}

const size = 5000;
/** Reading and summarising 5,000 reports takes many turns of the event loop. */
const turns = 300;

for (const expires of [true, false]) {
  describe(`a change of ${size} nodes, with reports that ${expires ? 'vanish' : 'stay'}`, function () {
    this.timeout(300_000);
    let fleet: MemoryFleet;
    let nodes: readonly Node[];
    let clock: ManualClock;
    before(() => {
      clock = createManualClock();
      const names = Array.from({ length: size }, (_, index) => `node-${String(index)}`);
      fleet = createMemoryFleet(names);
      nodes = names.map((name) => createNode(name, fleet, clock, expires));
    });
    const isOpen = (kind: 'fleet-guarding' | 'fleet-sessions'): boolean =>
      nodes.every(({ view }) => view.judge({ kind }, revision).isOpen);

    it('costs each node fewer than 5 writes, and only one agent reads all reports', async () => {
      await Promise.all(nodes.map((node) => node.begin()));
      await passTime(clock, 24_000, 2000, turns);
      expect(isOpen('fleet-guarding')).to.equal(true);
      expect(isOpen('fleet-sessions')).to.equal(false);
      // The two sessions of a node come up one after the other, and not at all nodes at once.
      for (const established of [1, 2]) {
        for (let part = 0; part < 5; part += 1) {
          for (let index = part; index < size; index += 5) {
            const node = nodes[index];
            if (node !== undefined) node.established = established;
          }
          await passTime(clock, 1000, 1000, turns);
        }
      }
      await passTime(clock, 40_000, 2000, turns);
      expect(isOpen('fleet-sessions')).to.equal(true);
      for (const node of nodes) node.written();
      await passTime(clock, 6000, 2000, turns);
      for (const node of nodes) node.confirm();
      await passTime(clock, 60_000, 10_000, turns);
      fleet.expire();
      expect(fleet.reports.size).to.equal(0);
      const writes = [...fleet.writes.values()];
      const perSecond = fleet.reads.summaries / 115;
      // This includes the writer.
      expect(Math.max(...writes)).to.be.below(5);
      expect(fleet.reads.reports).to.be.below(60);
      // Independent of the size of the fleet: each node asks less often in a larger one.
      expect(perSecond).to.be.below(size / 5);
    });
  });
}
