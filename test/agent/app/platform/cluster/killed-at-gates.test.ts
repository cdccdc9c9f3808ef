/** kill -9 of an agent that waits for the other nodes, in the middle of a change of files and services. */
import { expect } from 'chai';
import type { Cluster } from '../../../../../agent/ports/platform/cluster.ts';
import type { AgentStatus } from '../../../../../schemas/generated/agent-status.ts';
import {
  startFleet,
  type AgentsOfFleet,
  type FleetMember,
} from '../../../../support/agents/agents-of-fleet.ts';
import {
  microk8sCluster,
  type MicroK8sCluster,
} from '../../../../support/platform/microk8s-cluster.ts';
import { onEachApiServer } from '../../../../support/servers/api-server.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\nplatform: microk8s\n';
const vxlan = `${head}pools:
  - { name: default-ipv4-ippool, cidr: 10.1.0.0/16, vxlan: Always, natOutgoing: true }
`;
const range = `${head}microk8s: { podCidr: 10.100.0.0/16 }
pools:
  - { name: default-ipv4-ippool, cidr: 10.1.0.0/16, vxlan: Always, disabled: true }
  - { name: pods, cidr: 10.100.0.0/16, vxlan: Always, natOutgoing: true }
`;
const kubelite = 'snap.microk8s.daemon-kubelite.service';
const files = ['cni.yaml', 'kube-proxy', 'kube-controller-manager'];

const isConfirmed =
  (number: number) =>
  ({ state, revisions }: AgentStatus): boolean =>
    state === 'in-force' && revisions.confirmed?.number === number;

describe('an agent of MicroK8s that kill -9 ends while it waits', function () {
  this.timeout(240_000);
  onEachApiServer((open) => {
    let microk8s: MicroK8sCluster;
    let fleet: AgentsOfFleet;
    let clusters: Cluster[];
    beforeEach(async () => {
      const server = await open();
      await server.empty(['node-0', 'node-1']);
      for (const name of ['node-0', 'node-1']) {
        await server.client.send({
          what: 'report',
          method: 'PATCH',
          path: `${server.path('Node', name)}/status`,
          contentType: 'application/merge-patch+json',
          body: { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
        });
      }
      microk8s = microk8sCluster(server.kubeconfig, server.client);
      await microk8s.reset();
      clusters = [];
      fleet = await startFleet(2, async (name, folder) => {
        const cluster = microk8s.connect();
        clusters.push(cluster);
        return { host: await microk8s.host(name, folder), cluster };
      });
      for (const { apply } of fleet.members) await apply(vxlan);
      await fleet.until(isConfirmed(1), 300);
      microk8s.done.length = 0;
    });
    afterEach(async () => {
      await fleet.stop();
      for (const cluster of clusters) await cluster.close();
      await microk8s.remove();
    });

    const memberOf = (name: string): FleetMember =>
      fleet.members.find((one) => one.name === name) ?? expect.fail(name);
    /** Lets time pass until the node waits for this condition. */
    const waitsFor = async (name: string, condition: RegExp): Promise<void> => {
      for (let seconds = 0; seconds < 600; seconds += 1) {
        const { state, progress } = memberOf(name).status();
        const isSo = progress?.gates?.some((gate) => condition.test(gate.condition)) === true;
        if (state === 'awaiting-gate' && isSo) return;
        await fleet.pass(1);
      }
      expect.fail(`${name} does not wait for it: ${memberOf(name).status().message}`);
    };
    const expectEachOnce = (): void => {
      const ofHosts = microk8s.done.filter((what) => what.startsWith('node-'));
      const names = ['node-0', 'node-1'];
      const all = names.flatMap((name) => [...files, kubelite].map((what) => `${name} ${what}`));
      expect([...ofHosts].sort()).to.deep.equal([...all].sort());
    };

    it('waits again for the files of the others, and writes its own only once', async () => {
      await memberOf('node-0').apply(range);
      await waitsFor('node-0', /^all nodes have their files/u);
      memberOf('node-0').kill();
      const before = [...microk8s.done];
      expect(before).to.include('node-0 cni.yaml');
      await fleet.pass(20);
      await memberOf('node-0').restart();
      await waitsFor('node-0', /^all nodes have their files/u);
      expect(microk8s.done).to.deep.equal(before);
      await memberOf('node-1').apply(range);
      await fleet.until(isConfirmed(2), 1800);
      expectEachOnce();
    });

    for (const name of ['node-0', 'node-1']) {
      it(`waits again for its turn to restart, and no service restarts twice: ${name}`, async () => {
        for (const { apply } of fleet.members) await apply(range);
        await waitsFor(name, /no other node restarts/u);
        memberOf(name).kill();
        await fleet.pass(20);
        expect(microk8s.done).not.to.include(`${name} ${kubelite}`);
        await memberOf(name).restart();
        await fleet.until(isConfirmed(2), 1800);
        expectEachOnce();
      });
    }
  });
});
