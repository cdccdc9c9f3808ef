/** Reports of nodes as Leases of a real API server. */
import { expect } from 'chai';
import { createKubernetesFleetStore } from '../../../../agent/adapters/calico-kubernetes/fleet-store.ts';
import type { FleetStore } from '../../../../agent/ports/datastore/fleet-store.ts';
import { textAt } from '../../../../core/input/plain-data.ts';
import { onEachApiServer, type ApiServer } from '../../../support/api-server.ts';
import { fleetDigest } from '../../../support/fleet-reports.ts';

const namespace = 'calico-agent';
const namespaces = '/api/v1/namespaces';
const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

describe('the reports of a fleet in Kubernetes', () => {
  onEachApiServer((open) => {
    let server: ApiServer;
    const storeOf = (node: string, where = namespace): FleetStore =>
      createKubernetesFleetStore({
        client: server.client,
        namespace: where,
        node: () => node,
        now: () => new Date().toISOString(),
      });
    before(async () => {
      server = await open();
      const there = await server.client.find('look', `${namespaces}/${namespace}`);
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
      if (there === undefined)
        await server.client.send({ what: 'make', method: 'POST', path: namespaces, body });
    });
    beforeEach(async () => {
      const { items } = await server.client.list('list', leases);
      for (const item of items) {
        const name = textAt(item, 'metadata', 'name') ?? '';
        await server.client.send({ what: 'empty', method: 'DELETE', path: `${leases}/${name}` });
      }
      await server.empty(['node-1', 'node-2']);
    });

    it('are there for all agents, each at its own node, and go away', async () => {
      const [one, two] = [storeOf('node-1'), storeOf('node-2')];
      expect(await one.write('first')).to.equal(undefined);
      await one.write('second');
      await two.write('third');
      const read = await two.reports();
      expect(read.reports.map(({ node, text }) => [node, text])).to.deep.equal([
        ['node-1', 'second'],
        ['node-2', 'third'],
      ]);
      await one.remove();
      await one.remove();
      expect((await two.reports()).reports.map(({ node }) => node)).to.deep.equal(['node-2']);
    });

    it('have another version after each write, also of the same text', async () => {
      const one = storeOf('node-1');
      const versions = new Set<string>();
      for (let time = 0; time < 2; time += 1) {
        await one.write('same');
        const [stored] = (await one.reports()).reports;
        versions.add(stored?.version ?? '');
      }
      expect(versions.size).to.equal(2);
    });

    it('are passed over and counted where they are too large', async () => {
      await storeOf('node-1').write('x'.repeat(5000));
      expect(await storeOf('node-2').reports()).to.deep.equal({ reports: [], skipped: 1 });
    });

    it('have one summary, which the agent writes that read it last', async () => {
      const [one, two] = [storeOf('node-1'), storeOf('node-2')];
      const version = await one.writeSummary(fleetDigest, 'a', undefined);
      expect(await two.writeSummary(fleetDigest, 'b', undefined)).to.equal(undefined);
      expect(await two.summary(fleetDigest)).to.deep.equal({ version, text: 'a' });
      const next = await two.writeSummary(fleetDigest, 'b', version);
      expect(await one.writeSummary(fleetDigest, 'c', version)).to.equal(undefined);
      await one.removeSummary(fleetDigest, version ?? '');
      expect((await one.summary(fleetDigest))?.text).to.equal('b');
      await two.removeSummary(fleetDigest, next ?? '');
      expect(await one.summary(fleetDigest)).to.equal(undefined);
      expect(await two.reports()).to.deep.equal({ reports: [], skipped: 0 });
    });

    it('name all nodes', async () => {
      expect(await storeOf('node-1').nodes()).to.have.members(['node-1', 'node-2']);
    });

    it('need their namespace: without it the agent goes on alone, and says why', async () => {
      expect(await storeOf('node-1', 'not-there').write('a')).to.equal(
        'there is no namespace "not-there" for the nodes\' reports',
      );
    });
  });
});
