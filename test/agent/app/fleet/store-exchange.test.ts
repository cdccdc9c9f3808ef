import { expect } from 'chai';
import { createStoreExchange } from '../../../../agent/app/fleet/store-exchange.ts';
import type { FleetExchange } from '../../../../agent/ports/fleet.ts';
import type { FleetReport } from '../../../../core/fleet/fleet-report.ts';
import { beginningSummary } from '../../../../core/fleet/summarise-fleet.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { fleetDigest, fleetReport } from '../../../support/samples/fleet-reports.ts';
import { passTime } from '../../../support/clocks/pass-time.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import { createMemoryFleet, type MemoryFleet } from '../../../support/twins/memory-fleet-store.ts';

const off: Partial<FleetReport> = { guard: 'off' };

describe('the reports of a fleet in its datastore', () => {
  let clock: ManualClock;
  let fleet: MemoryFleet;
  beforeEach(() => {
    clock = createManualClock();
    fleet = createMemoryFleet(['node-1', 'node-2', 'node-3']);
  });
  const agent = (
    node: string,
    options: { readonly expires?: boolean; readonly why?: string } = {},
  ): FleetExchange =>
    createStoreExchange({ store: fleet.storeOf(node, options), clock, logger: silentLogger });
  const waitingFor = (exchange: FleetExchange): readonly string[] | undefined =>
    exchange.summary()?.guarding.first.map(({ node }) => node);

  it('say which nodes never report, and not where those have nothing to correct', async () => {
    for (const isOwnOnly of [false, true]) {
      const remembered: (readonly string[])[] = [];
      const withoutReport = {
        known: () => [],
        remember: (names: readonly string[]) => void remembered.push(names),
      };
      const own = createMemoryFleet(['node-1', 'node-2', 'node-3']);
      for (const node of ['node-1', 'node-2']) {
        const deps = { store: own.storeOf(node), clock, logger: silentLogger, withoutReport };
        createStoreExchange(deps).publish(fleetReport(node), isOwnOnly);
      }
      await passTime(clock, 60_000);
      expect(remembered.flat().includes('node-3')).to.equal(!isOwnOnly);
    }
  });

  it('reach every agent that has the change open', async () => {
    const agents = ['node-1', 'node-2', 'node-3'].map((node) => agent(node));
    for (const [index, one] of agents.entries()) one.publish(fleetReport(`node-${index + 1}`, off));
    await passTime(clock, 10_000);
    expect(agents.map(waitingFor)).to.deep.equal(agents.map(() => ['node-1', 'node-2', 'node-3']));
    agents[1]?.publish(fleetReport('node-2'));
    await passTime(clock, 10_000);
    expect(agents.map(waitingFor)).to.deep.equal(agents.map(() => ['node-1', 'node-3']));
  });

  it('are read completely by one agent alone', async () => {
    const agents = ['node-1', 'node-2', 'node-3'].map((node) => agent(node));
    for (const [index, one] of agents.entries()) one.publish(fleetReport(`node-${index + 1}`));
    await passTime(clock, 4000);
    const before = fleet.reads.reports;
    await passTime(clock, 20_000);
    expect(fleet.reads.reports - before).to.be.within(9, 11);
    expect(fleet.summaries.size).to.equal(1);
  });

  it('cost nothing while no change runs', async () => {
    const one = agent('node-1');
    one.publish(fleetReport('node-1'));
    await passTime(clock, 4000);
    one.withdraw();
    await passTime(clock, 60_000);
    const before = { ...fleet.reads };
    expect(clock.waiting()).to.deep.equal([]);
    await passTime(clock, 60_000);
    expect(fleet.reads).to.deep.equal(before);
    expect([fleet.reports.size, fleet.summaries.size]).to.deep.equal([0, 0]);
    expect(one.summary()).to.equal(undefined);
  });

  it('name a node as away after 30 s without a report', async () => {
    const one = agent('node-1');
    one.publish(fleetReport('node-1'));
    await passTime(clock, 10_000);
    expect(waitingFor(one)).to.deep.equal(['node-2', 'node-3']);
    await passTime(clock, 25_000);
    expect(one.summary()?.away).to.deep.equal({ count: 2, first: ['node-2', 'node-3'] });
    expect(waitingFor(one)).to.deep.equal([]);
  });

  it('are known to all agents, whatever else is called a node', async () => {
    fleet = createMemoryFleet(['node-1', 'node-2', 'x'.repeat(100_000), '\u001b'.repeat(250), '']);
    const agents = ['node-1', 'node-2'].map((node) => agent(node));
    for (const [index, one] of agents.entries()) one.publish(fleetReport(`node-${index + 1}`));
    await passTime(clock, 40_000);
    for (const one of agents) expect(one.summary()).to.include({ nodes: 2, ready: 2 });
  });

  it('are summarised by another agent when the one that did it has ended', async () => {
    const first = agent('node-1');
    first.publish(fleetReport('node-1'));
    await passTime(clock, 4000);
    const second = agent('node-2');
    second.publish(fleetReport('node-2', off));
    await passTime(clock, 4000);
    expect(second.summary()?.by).to.equal('node-1');
    await first.stop();
    await passTime(clock, 8000);
    expect(second.summary()?.by).to.equal('node-2');
  });

  it('are summarised by another agent when the one that did it hangs', async () => {
    const dead = agent('node-1', { expires: false });
    dead.publish(fleetReport('node-1', off));
    await passTime(clock, 4000);
    const stale = new Map(fleet.summaries);
    const staleReport = new Map(fleet.reports);
    await dead.stop();
    // As after kill -9: its writes stay.
    for (const [digest, stored] of stale) fleet.summaries.set(digest, stored);
    for (const [node, stored] of staleReport) fleet.reports.set(node, stored);
    const second = agent('node-2', { expires: false });
    second.publish(fleetReport('node-2', off));
    await passTime(clock, 20_000);
    expect(second.summary()?.by).to.equal('node-1');
    await passTime(clock, 20_000);
    expect(second.summary()?.by).to.equal('node-2');
    await passTime(clock, 50_000);
    expect(second.summary()?.away?.first).to.deep.equal(['node-1', 'node-3']);
    expect(waitingFor(second)).to.deep.equal(['node-2']);
  });

  it('do not wait another 30 s for nodes without a report when another agent takes over', async () => {
    const dead = agent('node-1');
    dead.publish(fleetReport('node-1', off));
    const second = agent('node-2');
    second.publish(fleetReport('node-2'));
    await passTime(clock, 4000);
    const [summary] = fleet.summaries;
    await dead.stop();
    // As after kill -9: its writes stay until its lease expires.
    if (summary !== undefined) fleet.summaries.set(...summary);
    await passTime(clock, 30_000);
    expect(second.summary()?.by).to.equal('node-1');
    fleet.summaries.clear();
    fleet.reports.delete('node-1');
    await passTime(clock, 4000);
    expect(second.summary()?.by).to.equal('node-2');
    expect(second.summary()?.away?.first).to.deep.equal(['node-1', 'node-3']);
  });

  it('stay fresh where they do not expire, as long as others wait for the node', async () => {
    const reader = agent('node-1', { expires: false });
    reader.publish(fleetReport('node-1'));
    const slow = agent('node-2', { expires: false });
    slow.publish(fleetReport('node-2', off));
    await passTime(clock, 60_000);
    expect(waitingFor(reader)).to.deep.equal(['node-2']);
    expect(fleet.writes.get('node-1')).to.equal(1);
    expect(fleet.writes.get('node-2')).to.be.within(5, 7);
  });

  it('stay known while another agent begins to summarise them', async () => {
    const report = fleetReport('node-3', { unhealthy: 'no session' });
    fleet.reports.set('node-3', { version: 'x', text: JSON.stringify(report) });
    agent('node-1').publish(fleetReport('node-1'));
    const waiting = agent('node-2');
    waiting.publish(fleetReport('node-2', { isWriter: true }));
    await passTime(clock, 8000);
    const before = waiting.summary();
    expect(before?.unhealthy?.first).to.deep.equal([{ node: 'node-3', why: 'no session' }]);
    // As where node-1 has ended the change, and node-3 has claimed the summary and reads the reports.
    const text = JSON.stringify(beginningSummary('node-3', fleetDigest));
    fleet.summaries.set(fleetDigest, { version: 'y', text });
    await passTime(clock, 8000);
    expect(waiting.summary()).to.deep.equal(before);
  });

  it('are not written again for a summary that was made without reading any report', async () => {
    const text = JSON.stringify(beginningSummary('node-1', fleetDigest));
    fleet.summaries.set(fleetDigest, { version: 'x', text });
    agent('node-2', { expires: false }).publish(fleetReport('node-2', off));
    await passTime(clock, 25_000);
    expect(fleet.writes.get('node-2')).to.equal(1);
  });

  it('say how the change of a node ended, and then disappear', async () => {
    const writer = agent('node-1', { expires: false });
    writer.publish(fleetReport('node-1', { isWriter: true }));
    const other = agent('node-2', { expires: false });
    other.publish(fleetReport('node-2'));
    await passTime(clock, 6000);
    writer.withdraw(fleetReport('node-1', { isWriter: true, stage: 'rolled-back', why: 'bad' }));
    await passTime(clock, 10_000);
    expect(other.summary()?.writer).to.deep.equal({
      node: 'node-1',
      stage: 'rolled-back',
      why: 'bad',
    });
    await passTime(clock, 30_000);
    expect([...fleet.reports.keys()]).to.deep.equal(['node-2']);
    expect(other.summary()?.writer?.stage).to.equal('rolled-back');
  });

  it('distinguish a dead node from one that has confirmed', async () => {
    const [one, two, three] = [agent('node-1'), agent('node-2'), agent('node-3')];
    for (const [index, each] of [one, two, three].entries()) {
      each.publish(fleetReport(`node-${String(index + 1)}`));
    }
    await passTime(clock, 6000);
    two.withdraw(fleetReport('node-2', { stage: 'confirmed' }));
    await passTime(clock, 10_000);
    fleet.expire();
    fleet.reports.delete('node-3');
    await passTime(clock, 4000);
    expect(one.summary()?.away).to.deep.equal({ count: 1, first: ['node-3'] });
  });

  it('are ignored from a node that reports for another one, or reports nonsense', async () => {
    const one = agent('node-1');
    one.publish(fleetReport('node-1'));
    fleet.reports.set('node-2', { version: 'x', text: JSON.stringify(fleetReport('node-3')) });
    fleet.reports.set('node-3', { version: 'y', text: '\u001b[2J{' });
    await passTime(clock, 6000);
    expect(waitingFor(one)).to.deep.equal(['node-2', 'node-3']);
  });

  it('count although a stranger reports in thousands of names that Calico does not know', async () => {
    const warned: object[] = [];
    const logger = {
      ...silentLogger,
      warn: (message: string, fields?: object) => void warned.push({ message, ...fields }),
    };
    for (let index = 0; index < 25_000; index += 1) {
      const name = `a-${String(index)}`;
      fleet.reports.set(name, { version: 'x', text: JSON.stringify(fleetReport(name, off)) });
    }
    fleet.reports.set('node-2', { version: 'y', text: JSON.stringify(fleetReport('node-2')) });
    const one = createStoreExchange({ store: fleet.storeOf('node-1'), clock, logger });
    one.publish(fleetReport('node-1'));
    await passTime(clock, 40_000);
    expect(one.summary()?.away).to.deep.equal({ count: 1, first: ['node-3'] });
    expect(warned).to.deep.include({
      message: 'reports come from nodes that Calico does not know',
      count: 5000,
      nodes: `${Array.from({ length: 10 }, (_one, index) => `a-${index}`).join(', ')} and 4990 more`,
    });
    expect(warned.length).to.be.at.most(2);
  });

  for (const [what, text] of [
    ['is no summary', '{"deep":'.repeat(60)],
    ['is too large', `{"x":"${'x'.repeat(100_000)}"}`],
    ['counts more nodes than there can be', countsTooMany()],
  ] as const) {
    it(`are summarised anew by one agent when what stands there ${what}`, async () => {
      const digest = fleetDigest;
      fleet.summaries.set(digest, { version: 'x', text });
      const agents = ['node-1', 'node-2', 'node-3'].map((node) => agent(node));
      for (const [index, one] of agents.entries()) one.publish(fleetReport(`node-${index + 1}`));
      await passTime(clock, 20_000);
      expect(agents.map((one) => one.summary())).to.deep.equal([undefined, undefined, undefined]);
      // Written again and again it holds nobody up for longer.
      fleet.summaries.set(digest, { version: 'y', text });
      await passTime(clock, 40_000);
      expect(agents.map((one) => one.summary()?.ready)).to.deep.equal([3, 3, 3]);
    });
  }

  it('leave an agent alone when the datastore has no place for them, and say why', async () => {
    const one = agent('node-1', { why: 'there is no namespace "calico-agent"' });
    one.publish(fleetReport('node-1', off));
    await passTime(clock, 1000);
    expect(one.alone()).to.equal('there is no namespace "calico-agent"');
    expect(one.summary()?.nodes).to.equal(1);
    expect(waitingFor(one)).to.deep.equal(['node-1']);
  });

  it('count as unknown after 30 s without the datastore, and come back with it', async () => {
    const one = agent('node-1');
    one.publish(fleetReport('node-1'));
    await passTime(clock, 4000);
    fleet.failure = new AppError('datastore-failed', 'silent', { retryable: true });
    await passTime(clock, 10_000);
    expect(one.summary()?.digest).to.equal(fleetDigest);
    await passTime(clock, 60_000);
    expect(one.summary()).to.equal(undefined);
    fleet.failure = undefined;
    await passTime(clock, 35_000);
    expect(one.summary()?.digest).to.equal(fleetDigest);
  });

  it('do not mix two revisions: each has its own summary', async () => {
    const one = agent('node-1');
    one.publish(fleetReport('node-1'));
    const two = agent('node-2');
    const revision = { lineage: 'local:x', number: 2, digest: `sha256:${'b'.repeat(64)}` };
    two.publish(fleetReport('node-2', { revision }));
    await passTime(clock, 6000);
    expect(one.summary()?.guarding.first.map(({ node }) => node)).to.deep.equal([
      'node-2',
      'node-3',
    ]);
    expect(two.summary()?.by).to.equal('node-2');
  });
});

function countsTooMany(): string {
  return JSON.stringify({ ...beginningSummary('node-9', fleetDigest), nodes: 2 ** 53 - 1 });
}
