/** A running agent with MetalLB's objects on a real API server, and a person who changes or deletes them. */
import { expect } from 'chai';
import type { Cluster } from '../../../../../agent/ports/platform/cluster.ts';
import { valueAt } from '../../../../../core/input/plain-data.ts';
import {
  createKubernetesClient,
  type KubernetesClient,
} from '../../../../../runtime/kubernetes/client.ts';
import type { AgentStatus } from '../../../../../schemas/generated/agent-status.ts';
import { startFleet, type AgentsOfFleet } from '../../../../support/agents/agents-of-fleet.ts';
import { installMetalLb, removeMetalLb } from '../../../../support/metallb/metallb-on-server.ts';
import { onEachApiServer } from '../../../../support/servers/api-server.ts';
import {
  clusterObjects,
  removeEdited,
  type ClusterObjects,
} from '../../../../support/servers/cluster-objects.ts';
import { connectCluster } from '../../../adapters/cluster-kubernetes/connected.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
const config = `${head}metallb: {layer2: [10.0.0.0/28]}\n`;
const ofMetalLb = '/apis/metallb.io/v1beta1/namespaces/metallb-system';
const pool = `${ofMetalLb}/ipaddresspools/layer2`;
const advertisement = `${ofMetalLb}/l2advertisements/layer2`;

const isConfirmed = ({ state, revisions }: AgentStatus): boolean =>
  state === 'in-force' && revisions.confirmed?.number === 1;

describe('an agent with objects of MetalLB, with a real API server', function () {
  this.timeout(120_000);
  onEachApiServer((open) => {
    let client: KubernetesClient;
    let objects: ClusterObjects;
    let fleet: AgentsOfFleet;
    let cluster: Cluster;
    let kubeconfig: string;

    before(async () => {
      ({ kubeconfig } = await open());
      client = createKubernetesClient(
        { kubeconfig, concurrency: 4, timeoutMs: 10_000 },
        { environment: {}, root: '/' },
      );
      objects = clusterObjects(client);
      await removeEdited(client);
      await installMetalLb(client);
    });
    after(async () => {
      await removeMetalLb(client);
      await client.close();
    });
    beforeEach(async () => {
      cluster = connectCluster(kubeconfig);
      fleet = await startFleet(1, () => Promise.resolve({ cluster }));
      await fleet.members[0]?.apply(config);
      await fleet.until(isConfirmed, 300);
    });
    afterEach(async () => {
      await fleet.stop();
      await cluster.close();
      await removeEdited(client);
    });

    const addresses = async (): Promise<unknown> =>
      valueAt(await objects.get(pool), 'spec', 'addresses');
    const drifted = async (): Promise<unknown> => {
      const drift = await fleet.members[0]?.agent.operations.drift();
      return drift?.fields.map(({ kind, path, observed }) => [kind, path, observed]);
    };

    it('puts the addresses of a pool back that somebody changed', async () => {
      expect(await addresses()).to.deep.equal(['10.0.0.0/28']);
      await objects.patch(pool, { spec: { addresses: ['10.0.0.0/24'] } });
      expect(await drifted()).to.deep.equal([['IPAddressPool', 'spec.addresses', ['10.0.0.0/24']]]);
      await fleet.pass(120);
      expect(await addresses()).to.deep.equal(['10.0.0.0/28']);
      expect(await drifted()).to.deep.equal([]);
      expect(isConfirmed(fleet.members[0]?.status() ?? expect.fail())).to.equal(true);
    });

    it('makes an advertisement anew that somebody deleted', async () => {
      const { spec } = Object(await objects.get(advertisement));
      await objects.remove(advertisement);
      await fleet.pass(120);
      expect(valueAt(await objects.get(advertisement), 'spec')).to.deep.equal(spec);
      expect(await drifted()).to.deep.equal([]);
      expect(isConfirmed(fleet.members[0]?.status() ?? expect.fail())).to.equal(true);
    });
  });
});
