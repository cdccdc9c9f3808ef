/** Reports of nodes as Leases of a real API server. */
import { expect } from 'chai';
import { createKubernetesFleetStore } from '../../../../agent/adapters/calico-kubernetes/fleet-store.ts';
import type { FleetStore } from '../../../../agent/ports/datastore/fleet-store.ts';
import { textAt } from '../../../../core/input/plain-data.ts';
import { onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import { describeFleetStore } from '../../ports/fleet-store.contract.ts';
import { wholeItem } from '../../../../runtime/kubernetes/list-objects.ts';

const namespace = 'calico-agent';
const namespaces = '/api/v1/namespaces';
const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

const known = new Set(['node-1', 'node-2']);

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
      const { items } = await server.client.list('list', leases, wholeItem);
      for (const item of items) {
        const name = textAt(item, 'metadata', 'name') ?? '';
        await server.client.send({ what: 'empty', method: 'DELETE', path: `${leases}/${name}` });
      }
      await server.empty(['node-1', 'node-2']);
    });

    describeFleetStore((node) => storeOf(node));

    it('are skipped and counted when they are too large', async () => {
      await storeOf('node-1').write('x'.repeat(5000));
      expect(await storeOf('node-2').reports(known)).to.deep.equal({ reports: [], skipped: 1 });
    });

    it('need their namespace: without it the agent goes on alone, and says why', async () => {
      expect(await storeOf('node-1', 'not-there').write('a')).to.equal(
        'there is no namespace "not-there" for the nodes\' reports',
      );
    });
  });
});
