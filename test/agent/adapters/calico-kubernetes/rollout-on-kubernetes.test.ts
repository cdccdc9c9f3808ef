/** Two agents over a real API server in a rollout: the cluster-wide resources come with the last revision. */
import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Offer } from '../../../../agent/app/offer/offer.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { ConnectedDatastore } from '../../../../agent/ports/datastore/connected-datastore.ts';
import { agentOn, inForce, localOffer } from '../../../support/agents/agent-on.ts';
import { createManualClock } from '../../../support/clocks/manual-clock.ts';
import { eventually } from '../../../support/eventually.ts';
import { namesOf, onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import { wholeItem } from '../../../../runtime/kubernetes/list-objects.ts';
import { connect } from './connected.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
const rack = (nodes: string, peers: string): string =>
  `groups: [{ name: rack, match: { nodes: [${nodes}] }, peers: [${peers}] }]\n`;
const [router, newRouter] = [
  '{ address: 10.0.9.1, asNumber: 4200000001 }',
  '{ address: "fd00::9", asNumber: 4200000002 }',
];
const base = `${head}bgp: { asNumber: 65001, nodeToNodeMesh: true }\n${rack('node-a, node-b', router)}`;
const next = `${head}bgp: { asNumber: 65001, nodeToNodeMesh: false }\n${rack('node-a, node-b', `${router}, ${newRouter}`)}`;

describe('agents on Kubernetes in a rollout', function () {
  this.timeout(180_000);
  onEachApiServer((open) => {
    let server: ApiServer;
    let folder: string;
    const clock = createManualClock();
    let connections: ConnectedDatastore[];
    let agents: RunningAgent[];

    beforeEach(async () => {
      server = await open();
      await server.empty(['node-a', 'node-b']);
      folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-rollout-'));
      [connections, agents] = [[], []];
      for (const [index, name] of ['node-a', 'node-b'].entries()) {
        const connection = connect({ kubeconfig: server.kubeconfig, requireCalico: false }, name);
        // Without reports: their gates would wait by a clock that this test moves.
        const { fleet: _reports, ...alone } = connection;
        const { datastore } = connection;
        const node = { name, addresses: [`10.0.0.${String(11 + index)}/24`] };
        const own = { folder: path.join(folder, name), settings: { node } };
        const agent = agentOn({ ...own, datastore, connection: alone, clock });
        connections.push(connection);
        agents.push(agent);
        await agent.start();
      }
    });
    afterEach(async () => {
      for (const agent of agents) await agent.stop();
      for (const { datastore } of connections) await datastore.close();
      await rm(folder, { recursive: true });
    });

    const push = async (agent: RunningAgent, number: number, terms: Partial<Offer> = {}) => {
      const from = { source: 'controller', lineage: 'controller:default' } as const;
      const text = number === 1 ? base : next;
      const offer = localOffer(text, { ...from, number, acceptLoss: true, ...terms });
      expect(await agent.offers.offer(offer)).to.include({ result: 'accepted' });
    };
    const reach = (...numbers: readonly number[]): Promise<void> =>
      eventually(() => {
        clock.advance(20_000);
        const reached = agents.map((agent, index) =>
          inForce(numbers[index] ?? 0)(agent.readings.status()),
        );
        expect(reached).to.deep.equal([true, true]);
      });
    const peers = async (): Promise<readonly string[]> => {
      const { items } = await server.client.list('list', server.path('BGPPeer'), wholeItem);
      return namesOf({ items }).toSorted();
    };
    /** Changes with each write. */
    const versionOfMesh = async (): Promise<unknown> =>
      Object(await server.get('BGPConfiguration', 'default')).metadata?.resourceVersion;

    it('write what is for one node first, and what is for all nodes at the end', async () => {
      const [first, second] = agents;
      if (first === undefined || second === undefined) throw new Error('no agents');
      await push(first, 1);
      await push(second, 1);
      await reach(1, 1);
      const [shared, mesh] = [await peers(), await versionOfMesh()];
      expect(shared).to.have.length(1);
      const later = { clusterShare: 'later' } as const;
      await push(first, 2, later);
      await reach(2, 1);
      // The agent of the other node reads everything again, and neither deletes nor corrects anything.
      await second.operations.correctDrift();
      const own = 'node-a-v6-fd00--9';
      expect(await peers()).to.deep.equal([...shared, own].sort());
      expect(await server.get('BGPPeer', own)).to.have.nested.property('spec.node', 'node-a');
      expect(await versionOfMesh()).to.equal(mesh);
      await push(second, 2, later);
      await reach(2, 2);
      expect(await peers()).to.deep.equal([...shared, own, 'node-b-v6-fd00--9'].sort());
      expect(await versionOfMesh()).to.equal(mesh);
      await push(first, 3);
      await push(second, 3);
      await reach(3, 3);
      await eventually(async () => {
        clock.advance(20_000);
        expect(await peers()).to.have.length(2);
      });
      expect(await peers()).to.include(shared[0]);
      expect(await server.get('BGPConfiguration', 'default')).to.have.nested.property(
        'spec.nodeToNodeMeshEnabled',
        false,
      );
    });
  });
});
