/** Agents of a cluster of MicroK8s, from a configuration to its objects on a real API server, and back. */
import { expect } from 'chai';
import type { Cluster } from '../../../../../agent/ports/platform/cluster.ts';
import type { Offer } from '../../../../../agent/app/offer/offer.ts';
import { AppError } from '../../../../../runtime/errors.ts';
import type { AgentStatus } from '../../../../../schemas/generated/agent-status.ts';
import { localOffer } from '../../../../support/agents/agent-on.ts';
import { startFleet, type AgentsOfFleet } from '../../../../support/agents/agents-of-fleet.ts';
import {
  microk8sCluster,
  type MicroK8sCluster,
} from '../../../../support/platform/microk8s-cluster.ts';
import { onEachApiServer } from '../../../../support/servers/api-server.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\nplatform: microk8s\n';
const pool = (mode: string): string =>
  `pools:\n  - { name: default-ipv4-ippool, cidr: 10.1.0.0/16, ${mode}: Always, natOutgoing: true }\n`;
const vxlan = `${head}${pool('vxlan')}`;
const bgp = `${head}microk8s: { mode: bgp }\n${pool('ipip')}`;
const range = `${head}microk8s: { podCidr: 10.100.0.0/16 }
pools:
  - { name: default-ipv4-ippool, cidr: 10.1.0.0/16, vxlan: Always, disabled: true }
  - { name: pods, cidr: 10.100.0.0/16, vxlan: Always, natOutgoing: true }
`;

const isConfirmed =
  (number: number) =>
  ({ state, revisions }: AgentStatus): boolean =>
    state === 'in-force' && revisions.confirmed?.number === number;

describe('agents of MicroK8s with a real API server', function () {
  this.timeout(240_000);
  onEachApiServer((open) => {
    let microk8s: MicroK8sCluster;
    let fleet: AgentsOfFleet;
    let clusters: Cluster[];
    let isIpipAtPods: boolean[];
    const isPoolInIpip = (): boolean =>
      JSON.stringify(fleet.datastore.contents()).includes('"ipipMode":"Always"');
    const start = async (
      size: number,
      connect: (name: string) => Cluster | undefined,
    ): Promise<void> => {
      fleet = await startFleet(size, async (name, folder) => {
        const cluster = connect(name);
        if (cluster !== undefined) clusters.push(cluster);
        const host = await microk8s.host(name, folder);
        return { host, ...(cluster !== undefined && { cluster }) };
      });
    };
    beforeEach(async () => {
      const server = await open();
      await server.empty(['node-0', 'node-1', 'node-2']);
      for (const name of ['node-0', 'node-1', 'node-2']) await makeReady(server, name);
      isIpipAtPods = [];
      microk8s = microk8sCluster(server.kubeconfig, server.client, () =>
        isIpipAtPods.push(isPoolInIpip()),
      );
      await microk8s.reset();
      clusters = [];
    });
    afterEach(async () => {
      await fleet.stop();
      for (const cluster of clusters) await cluster.close();
      await microk8s.remove();
    });
    const makeReady = async (
      server: Awaited<ReturnType<typeof open>>,
      name: string,
    ): Promise<void> => {
      const conditions = [{ type: 'Ready', status: 'True' }];
      await server.client.send({
        what: 'report',
        method: 'PATCH',
        path: `${server.path('Node', name)}/status`,
        contentType: 'application/merge-patch+json',
        body: { status: { conditions } },
      });
    };
    const applyEverywhere = async (text: string): Promise<void> => {
      for (const { apply } of fleet.members) await apply(text);
    };
    const placeOf = (what: string): number => microk8s.done.indexOf(what);

    it('switch to BGP: files of all nodes, objects once, pods, and only then the pool', async () => {
      await start(3, () => microk8s.connect());
      await applyEverywhere(vxlan);
      await fleet.until(isConfirmed(1), 300);
      await applyEverywhere(bgp);
      await fleet.until(isConfirmed(2), 900);
      expect(await microk8s.config()).to.include({ calico_backend: 'bird', veth_mtu: '0' });
      expect(await microk8s.environment()).to.deep.equal({
        IP_AUTODETECTION_METHOD: 'first-found',
        CALICO_IPV4POOL_CIDR: '10.1.0.0/16',
        CALICO_IPV4POOL_IPIP: 'Always',
      });
      expect(await microk8s.probes()).to.deep.equal([
        '-felix-live',
        '-bird-live',
        '-felix-ready',
        '-bird-ready',
      ]);
      const files = ['node-0', 'node-1', 'node-2'].map((name) => placeOf(`${name} cni.yaml`));
      const objects = microk8s.done.filter((what) => what === 'apply-object');
      expect(objects, 'the ConfigMap and the DaemonSet, once').to.have.length(2);
      expect(Math.max(...files)).to.be.lessThan(placeOf('apply-object'));
      expect(Math.min(...files)).to.be.at.least(0);
      expect(microk8s.done).not.to.include('rollout');
      expect([isIpipAtPods, isPoolInIpip()]).to.deep.equal([[false], true]);
    });

    it('change no object, and no file that needs them, before the last revision of a rollout', async () => {
      await start(1, () => microk8s.connect());
      const push = async (number: number, text: string, terms: Partial<Offer>): Promise<void> => {
        const from = { source: 'controller', lineage: 'controller:default' } as const;
        for (const { agent } of fleet.members) {
          const offer = localOffer(text, { ...from, number, acceptLoss: true, ...terms });
          expect(await agent.offers.offer(offer)).to.include({ result: 'accepted' });
        }
      };
      await push(1, vxlan, {});
      await fleet.until(isConfirmed(1), 300);
      const [before, done] = [await microk8s.environment(), microk8s.done.length];
      await push(2, bgp, { clusterShare: 'later' });
      await fleet.until(isConfirmed(2), 300);
      expect(await microk8s.environment()).to.deep.equal(before);
      expect([microk8s.done.slice(done), isPoolInIpip()]).to.deep.equal([[], false]);
      await push(3, bgp, {});
      await fleet.until(isConfirmed(3), 900);
      expect(await microk8s.config()).to.include({ calico_backend: 'bird' });
      expect([isIpipAtPods, isPoolInIpip()]).to.deep.equal([[false], true]);
    });

    it('go back to the values of before, with the revision of before', async () => {
      await start(2, () => microk8s.connect());
      await applyEverywhere(vxlan);
      await fleet.until(isConfirmed(1), 300);
      const before = [await microk8s.environment(), await microk8s.probes()];
      await applyEverywhere(bgp);
      await fleet.until(isConfirmed(2), 900);
      for (const { agent } of fleet.members) await agent.operations.rollback({ by: 'test' });
      await fleet.until(isConfirmed(1), 900);
      expect([await microk8s.environment(), await microk8s.probes()]).to.deep.equal(before);
      expect(await microk8s.config()).to.deep.equal({ calico_backend: 'vxlan', veth_mtu: '0' });
      expect(await microk8s.annotations()).not.to.have.property('calico-agent/undo');
    });

    it('correct what somebody changed in the cluster, where the file is right', async () => {
      await start(1, () => microk8s.connect());
      await applyEverywhere(bgp);
      await fleet.until(isConfirmed(1), 900);
      await microk8s.setConfig({ calico_backend: 'vxlan' });
      const [member] = fleet.members;
      const drift = await member?.agent.operations.drift();
      expect(drift?.fields.map(({ kind, path, observed }) => [kind, path, observed])).to.deep.equal(
        [['ConfigMap', 'data.calico_backend', 'vxlan']],
      );
      await fleet.pass(120);
      expect((await microk8s.config())['calico_backend']).to.equal('bird');
    });

    it('change the pod range: arguments, restarts in turn, objects, then the pools', async () => {
      await start(2, () => microk8s.connect());
      await applyEverywhere(vxlan);
      await fleet.until(isConfirmed(1), 300);
      await applyEverywhere(range);
      await fleet.until(isConfirmed(2), 1800);
      const kubelite = 'snap.microk8s.daemon-kubelite.service';
      const restarts = microk8s.done.filter((what) => what.endsWith(kubelite));
      expect(restarts).to.have.members([`node-0 ${kubelite}`, `node-1 ${kubelite}`]);
      expect(placeOf(`node-1 kube-controller-manager`)).to.be.lessThan(
        Math.min(...restarts.map(placeOf)),
      );
      expect(Math.max(...restarts.map(placeOf))).to.be.lessThan(placeOf('apply-object'));
      expect((await microk8s.environment())['CALICO_IPV4POOL_CIDR']).to.equal('10.100.0.0/16');
    });

    it('do not correct each other where their files differ and no pool is named', async () => {
      await start(2, () => microk8s.connect());
      await microk8s.replaceInManifest(
        'node-1',
        /IPV4POOL_VXLAN(\s*)value: "Always"/u,
        'IPV4POOL_IPIP$1value: "CrossSubnet"',
      );
      await applyEverywhere(`${head}microk8s: { mode: bgp }\n`);
      await fleet.until(isConfirmed(1), 900);
      const { length } = microk8s.done;
      await fleet.pass(3600);
      expect(microk8s.done.slice(length)).to.deep.equal([]);
      expect(fleet.lease.record()).not.to.have.property('corrections');
      expect(await microk8s.config()).to.include({ calico_backend: 'bird' });
    });

    it('take a first configuration back that was rejected: objects, then files and services in turn', async () => {
      let isRefusing = true;
      await start(2, () => {
        const cluster = microk8s.connect();
        return {
          ...cluster,
          apply: (change) => {
            const isConfigMap = 'object' in change && change.object.kind === 'ConfigMap';
            if (!isRefusing || !isConfigMap) return cluster.apply(change);
            return Promise.reject(new AppError('invalid-config', 'refused half-way'));
          },
        };
      });
      await applyEverywhere(range.replace('podCidr', 'mode: vxlan, mtu: 1400, podCidr'));
      const isRejected = ({ revisions }: AgentStatus): boolean => revisions.accepted === undefined;
      const kubelite = 'snap.microk8s.daemon-kubelite.service';
      const objects = (): number => microk8s.done.filter((what) => what === 'apply-object').length;
      await fleet.until(() => objects() > 0, 900);
      expect((await microk8s.environment())['CALICO_IPV4POOL_CIDR']).to.equal('10.100.0.0/16');
      const there = microk8s.done.length;
      await fleet.until(isRejected, 600);
      isRefusing = false;
      await fleet.until(({ state }) => state === 'waiting', 3600);
      const back = microk8s.done.slice(there);
      const place = (what: string): number => back.lastIndexOf(what);
      expect(place('apply-object'))
        .to.be.at.least(0)
        .and.lessThan(place(`node-0 ${kubelite}`));
      expect(back.filter((what) => what.endsWith(kubelite))).to.have.members([
        `node-0 ${kubelite}`,
        `node-1 ${kubelite}`,
      ]);
      expect(await microk8s.config()).to.include({ veth_mtu: '0' });
      expect((await microk8s.environment())['CALICO_IPV4POOL_CIDR']).to.equal('10.1.0.0/16');
      for (const { name, agent } of fleet.members) {
        expect(agent.readings.status().revisions.rejected.length, name).to.equal(1);
      }
    });

    it('do not overtake a person for whom another agent waits, and take the answer from anywhere', async () => {
      await start(2, () => undefined);
      await applyEverywhere(vxlan);
      await fleet.until(isConfirmed(1), 300);
      await applyEverywhere(bgp);
      const isWaiting = ({ state }: AgentStatus): boolean => state === 'awaiting-gate';
      await fleet.until(isWaiting, 300);
      await fleet.pass(600);
      expect(isPoolInIpip(), 'the pool needs BIRD').to.equal(false);
      const following = fleet.members.find(({ name }) => name !== fleet.lease.record()?.by);
      expect((await following?.agent.operations.doneByHand())?.number).to.equal(2);
      await fleet.until(isConfirmed(2), 300);
      expect(isPoolInIpip()).to.equal(true);
      await applyEverywhere(vxlan);
      await fleet.until(isWaiting, 300);
      await fleet.pass(600);
      expect(isPoolInIpip(), 'the pools change first on the way back').to.equal(false);
      expect(fleet.members.map(({ status }) => status().revisions.inForce?.number)).to.deep.equal(
        [2, 2],
        'the way back waits, too',
      );
      const [first] = fleet.members;
      expect((await first?.agent.operations.doneByHand())?.number).to.equal(3);
      await fleet.until(isConfirmed(3), 300);
    });

    it('go on without a person where one of them has the rights', async () => {
      await start(2, (name) => (name === 'node-0' ? microk8s.connect() : undefined));
      await applyEverywhere(bgp);
      await fleet.until(isConfirmed(1), 900);
      expect(isPoolInIpip()).to.equal(true);
      expect(await microk8s.config()).to.include({ calico_backend: 'bird' });
      await applyEverywhere(`${head}microk8s: { mode: vxlan }\n${pool('vxlan')}`);
      await fleet.until(isConfirmed(2), 900);
      await applyEverywhere(bgp);
      await fleet.until(isConfirmed(3), 900);
    });

    for (const [why, connect] of [
      ['without credentials', () => undefined],
      ['without rights', () => microk8s.connect('nobody')],
    ] as const) {
      it(`wait for a person ${why}, say what is left, and are not in force before`, async () => {
        await start(1, connect);
        await applyEverywhere(bgp);
        const [member] = fleet.members;
        if (member === undefined) throw new Error('no agent');
        const isWaiting = ({ state, message }: AgentStatus): boolean =>
          state === 'awaiting-gate' && message.includes('a person has changed the objects');
        await fleet.until(isWaiting, 300);
        await fleet.pass(600);
        expect(member.status().revisions).not.to.have.property('confirmed');
        expect(isPoolInIpip(), 'the pool needs BIRD').to.equal(false);
        const planned = await member.agent.offers.plan();
        const commands = planned.ok
          ? (planned.plan.byHand ?? []).flatMap((step) => step.commands)
          : [];
        expect(commands[0]).to.match(/^microk8s kubectl diff -f .*cni.yaml$/);
        expect(commands[1]).to.match(/^microk8s kubectl apply -f .*cni.yaml$/);
        expect((await member.agent.operations.doneByHand())?.number).to.equal(1);
        await fleet.until(isConfirmed(1), 300);
        expect(await member.agent.operations.doneByHand()).to.equal(undefined);
        await applyEverywhere(vxlan);
        await fleet.until(isWaiting, 300);
        expect(member.status().revisions.inForce, 'the way back waits, too').to.include({
          number: 1,
        });
        expect((await member.agent.operations.doneByHand())?.number).to.equal(2);
        await fleet.until(isConfirmed(2), 300);
        await fleet.pass(120);
        expect(isConfirmed(2)(member.status())).to.equal(true);
      });
    }
  });
});
