/** MetalLB's objects on a real API server with MetalLB's own CustomResourceDefinitions. */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { createLivingMetalLb } from '../../../../agent/adapters/cluster-kubernetes/living.ts';
import type { Cluster } from '../../../../agent/ports/platform/cluster.ts';
import { parseConfig } from '../../../../core/config/parse.ts';
import { valueAt } from '../../../../core/input/plain-data.ts';
import { checkLivingMetalLb } from '../../../../core/metallb/living/check-living.ts';
import type { LivingMetalLb } from '../../../../core/metallb/living/living-metallb.ts';
import { metalLbObjects } from '../../../../core/metallb/objects.ts';
import type { ClusterEdit } from '../../../../core/platform/cluster/cluster-edit.ts';
import { planCluster } from '../../../../core/plan/cluster/plan-cluster.ts';
import { metalLbEdits } from '../../../../core/render/metallb/cluster-edits.ts';
import { createKubernetesClient } from '../../../../runtime/kubernetes/client.ts';
import { ApiRefusal } from '../../../../runtime/kubernetes/api-refusal.ts';
import { eventually } from '../../../support/eventually.ts';
import { crdDocuments, crdName, plurals } from '../../../support/metallb/metallb-crds.ts';
import { crds, installMetalLb, removeMetalLb } from '../../../support/metallb/metallb-on-server.ts';
import { onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import { removeEdited } from '../../../support/servers/cluster-objects.ts';
import { accepted } from '../../../core/config/metallb/sections.ts';
import { connectCluster } from './connected.ts';

const native = (sections: string): string =>
  `apiVersion: calico-agent/v1\nkind: NetworkConfig\n${sections}\n`;

function editsOf(text: string): readonly ClusterEdit[] {
  const parsed = parseConfig(text);
  if (!parsed.ok || parsed.model.metallb === undefined) throw new Error('refused');
  // One namespace for all, so that one list of collections is enough.
  return metalLbEdits({ ...metalLbObjects(parsed.model.metallb), namespace: 'metallb-system' });
}

const examples = new URL('../../../../examples/', import.meta.url);
const texts: readonly (readonly [string, string])[] = [
  ...accepted.map(([name, section]) => [name, native(section)] as const),
  ...readdirSync(examples)
    .filter((name) => name.includes('metallb'))
    .map(
      (name) =>
        [
          `example ${name}`,
          readFileSync(new URL(`${name}/config.yaml`, examples), 'utf8'),
        ] as const,
    ),
];

describe('MetalLB’s objects in Kubernetes', function () {
  this.timeout(120_000);
  onEachApiServer((open) => {
    let server: Pick<ApiServer, 'client'>;
    let cluster: Cluster;
    const remove = async (path: string): Promise<void> => {
      try {
        await server.client.send({ what: 'delete', method: 'DELETE', path });
      } catch (error) {
        if (!(error instanceof ApiRefusal) || error.status !== 404) throw error;
      }
    };
    before(async () => {
      const { kubeconfig } = await open();
      // That of the server is closed before this file takes its definitions away.
      const connection = { kubeconfig, concurrency: 4, timeoutMs: 10_000 };
      server = { client: createKubernetesClient(connection, { environment: {}, root: '/' }) };
      await removeEdited(server.client);
      await installMetalLb(server.client);
      cluster = connectCluster(kubeconfig);
    });
    after(async () => {
      await cluster.close();
      await removeMetalLb(server.client);
      await server.client.close();
    });
    afterEach(async () => {
      for (const path of plurals()) await remove(path);
    });

    const readLiving = async (): Promise<LivingMetalLb> => {
      const { kubeconfig } = await open();
      const live = createLivingMetalLb({ kubeconfig }, { environment: {}, root: '/' });
      try {
        return await live.read();
      } finally {
        await live.close();
      }
    };
    const carryOut = async (edits: readonly ClusterEdit[]): Promise<number> => {
      const { steps, issues } = planCluster(edits, await cluster.observe(edits, true));
      expect(issues).to.deep.equal([]);
      const changes = steps.flatMap((step) => step.changes);
      expect(await cluster.preflight(changes)).to.deep.equal([]);
      for (const change of changes) await cluster.apply(change);
      return changes.length;
    };

    for (const [name, text] of texts) {
      it(`are accepted, and nothing is left to do: ${name}`, async () => {
        const edits = editsOf(text);
        expect(await carryOut(edits)).to.equal(edits.length);
        expect(await carryOut(edits)).to.equal(0);
      });
    }

    it('are refused beforehand where a field cannot be changed any more', async () => {
      const peer = (more: string): readonly ClusterEdit[] =>
        editsOf(
          native(
            `metallb: {peers: [{name: p, myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.1, ${more}}]}`,
          ),
        );
      await carryOut(peer('enableGracefulRestart: true'));
      const edits = peer('enableGracefulRestart: false');
      const { steps, issues } = planCluster(edits, await cluster.observe(edits, true));
      expect(steps).to.deep.equal([]);
      expect(issues.map(({ code, pointer }) => `${code} ${pointer}`)).to.deep.equal([
        'server-refuses /metallb/peers/0',
      ]);
      expect(issues[0]?.message).to.include('cannot be changed after creation');
    });

    it('are refused beforehand with a field that the server cannot store', async () => {
      const name = 'bgpadvertisements.metallb.io';
      const crd = crdDocuments().find((one) => crdName(one) === name);
      const older: unknown = JSON.parse(
        JSON.stringify(crd, (key, value: unknown) => (key === 'asPathPrepend' ? undefined : value)),
      );
      const query = { fieldManager: 'a-person', force: 'true' };
      const contentType = 'application/apply-patch+yaml';
      const path = `${crds}/${name}`;
      const apply = async (body: unknown): Promise<unknown> =>
        server.client.send({ what: 'make', method: 'PATCH', path, query, contentType, body });
      await apply(older);
      try {
        const edits = editsOf(
          native(
            'metallb: {bgpAdvertisements: [{name: a, asPathPrepend: 2}], peers: [{name: p, myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.1}]}',
          ),
        );
        await eventually(async () => {
          const { steps, issues } = planCluster(edits, await cluster.observe(edits, true));
          expect(steps).to.deep.equal([]);
          expect(issues.map(({ code, pointer }) => `${code} ${pointer}`)).to.deep.equal([
            'server-refuses /metallb/bgpAdvertisements/0',
          ]);
          expect(issues[0]?.message).to.include('asPathPrepend');
        });
      } finally {
        await apply(crd);
      }
    });

    const beside = ({ schemas, controllers }: LivingMetalLb, text: string): readonly string[] => {
      const parsed = parseConfig(text);
      if (!parsed.ok || parsed.model.metallb === undefined) throw new Error('refused');
      const issues = checkLivingMetalLb(parsed.model.metallb, { schemas, controllers });
      return issues.map(({ code, message }) => `${code} ${message}`);
    };

    it('can all be stored by the definitions that this server shows', async () => {
      // The server describes definitions a moment after it has them.
      await eventually(async () => {
        const living = await readLiving();
        for (const [name, text] of texts) {
          expect(beside(living, text), name).to.deep.equal([
            'metallb-live-absent MetalLB is not installed in this cluster',
          ]);
        }
      }, 60_000);
    });

    it('are refused without a plan where the definitions lack a kind', async () => {
      const { schemas, ...living } = await readLiving();
      if (!schemas.isRead) throw new Error(schemas.why);
      const other = new Map(schemas.value);
      other.delete('metallb.io/v1beta1 L2Advertisement');
      const text = native('metallb: {layer2: [10.0.0.0/28]}');
      const found = beside({ ...living, schemas: { isRead: true, value: other } }, text);
      expect(found.join()).to.include('has no L2Advertisement in metallb.io/v1beta1');
    });

    it('are changed, and deleted where no edit asks for them any more', async () => {
      const one = (section: string): readonly ClusterEdit[] => editsOf(native(section));
      await carryOut(one('metallb: {layer2: [10.0.0.0/28]}'));
      await carryOut(one('metallb: {layer2: [10.0.0.0/27]}'));
      const path = '/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools/layer2';
      const pool = await server.client.find('get', path);
      expect(valueAt(pool, 'spec', 'addresses')).to.deep.equal(['10.0.0.0/27']);
      expect(await carryOut([])).to.equal(2);
      expect(await server.client.find('get', path)).to.equal(undefined);
    });
  });
});
