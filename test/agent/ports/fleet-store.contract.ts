/** The behaviour of every place for the reports of a fleet. */
import { expect } from 'chai';
import type { FleetStore } from '../../../agent/ports/datastore/fleet-store.ts';
import { fleetDigest } from '../../support/samples/fleet-reports.ts';

const known = new Set(['node-1', 'node-2']);

/** @param storeOf the store of one node, of a fleet of node-1 and node-2 without reports */
export function describeFleetStore(storeOf: (node: string) => FleetStore): void {
  it('are visible to all agents, each at its own node, and can be withdrawn', async () => {
    const [one, two] = [storeOf('node-1'), storeOf('node-2')];
    expect(await one.write('first')).to.equal(undefined);
    await one.write('second');
    await two.write('third');
    const read = await two.reports(known);
    expect(read.skipped).to.equal(0);
    expect(read.reports.map(({ node, text }) => [node, text])).to.deep.equal([
      ['node-1', 'second'],
      ['node-2', 'third'],
    ]);
    await one.remove();
    await one.remove();
    expect((await two.reports(known)).reports.map(({ node }) => node)).to.deep.equal(['node-2']);
    await two.remove();
  });

  it('have another version after each write, also of the same text', async () => {
    const one = storeOf('node-1');
    const versions = new Set<string>();
    for (let time = 0; time < 2; time += 1) {
      await one.write('same');
      const [stored] = (await one.reports(known)).reports;
      versions.add(stored?.version ?? '');
    }
    expect(versions.size).to.equal(2);
    await one.remove();
  });

  it('have one summary, which only the agent writes that read it last', async () => {
    const [one, two] = [storeOf('node-1'), storeOf('node-2')];
    const version = await one.writeSummary(fleetDigest, 'a', undefined);
    expect(await two.writeSummary(fleetDigest, 'b', undefined)).to.equal(undefined);
    expect(await two.summary(fleetDigest)).to.deep.equal({ version, text: 'a' });
    const next = await two.writeSummary(fleetDigest, 'b', version);
    expect(next).to.not.equal(undefined);
    expect(await one.writeSummary(fleetDigest, 'c', version)).to.equal(undefined);
    await one.removeSummary(fleetDigest, version ?? '');
    expect((await one.summary(fleetDigest))?.text).to.equal('b');
    await two.removeSummary(fleetDigest, next ?? '');
    expect(await one.summary(fleetDigest)).to.equal(undefined);
    expect(await two.reports(known)).to.deep.equal({ reports: [], skipped: 0 });
  });

  it('list all nodes that Calico knows', async () => {
    expect(await storeOf('node-1').nodes()).to.have.members(['node-1', 'node-2']);
  });
}
