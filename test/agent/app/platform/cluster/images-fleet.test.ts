/** Agents whose configuration has images, from the document to the workloads on a real API server, and back. */
import { expect } from 'chai';
import type { Cluster } from '../../../../../agent/ports/platform/cluster.ts';
import type { AgentStatus } from '../../../../../schemas/generated/agent-status.ts';
import { startFleet, type AgentsOfFleet } from '../../../../support/agents/agents-of-fleet.ts';
import {
  calicoManifest,
  type CalicoManifest,
} from '../../../../support/platform/calico-manifest.ts';
import { onEachApiServer } from '../../../../support/servers/api-server.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
const plain = `${head}bgp: {asNumber: 64512}\n`;
const mirrored = `${plain}images: {registry: "registry.example:5000"}\n`;
const withSecret = `${plain}images: {registry: "registry.example:5000", pullSecret: registry-credentials}\n`;

const isConfirmed =
  (number: number) =>
  ({ state, revisions }: AgentStatus): boolean =>
    state === 'in-force' && revisions.confirmed?.number === number;

const before = [
  'upgrade-ipam docker.io/calico/cni:v3.29.3',
  'install-cni docker.io/calico/cni:v3.29.3',
  'mount-bpffs docker.io/calico/node:v3.29.3',
  'calico-node docker.io/calico/node:v3.29.3',
  'calico-kube-controllers docker.io/calico/kube-controllers:v3.29.3',
];
const after = before.map((line) => line.replace('docker.io', 'registry.example:5000'));

describe('agents that change images, with a real API server', function () {
  this.timeout(240_000);
  onEachApiServer((open) => {
    let calico: CalicoManifest;
    let fleet: AgentsOfFleet;
    let clusters: Cluster[];
    let arePulled: () => Promise<boolean>;
    const start = async (size: number, context?: string): Promise<void> => {
      fleet = await startFleet(size, () => {
        const cluster = calico.connect(() => arePulled(), context);
        clusters.push(cluster);
        return Promise.resolve({ cluster });
      });
    };
    const applyEverywhere = async (text: string): Promise<void> => {
      for (const { apply } of fleet.members) await apply(text);
    };
    beforeEach(async () => {
      const server = await open();
      await server.empty(['node-0', 'node-1', 'node-2']);
      calico = calicoManifest(server.kubeconfig, server.client);
      await calico.reset();
      clusters = [];
      arePulled = () => Promise.resolve(true);
    });
    afterEach(async () => {
      await fleet.stop();
      for (const cluster of clusters) await cluster.close();
      await calico.remove();
    });

    it('change each workload once, wait for its pods, and put the images back', async () => {
      await start(3);
      await applyEverywhere(plain);
      await fleet.until(isConfirmed(1), 300);
      await applyEverywhere(mirrored);
      await fleet.until(isConfirmed(2), 900);
      expect(await calico.images()).to.deep.equal(after);
      const writes = (): readonly string[] =>
        calico.done.filter((what) => what.startsWith('apply-object'));
      const once = ['apply-object calico-node', 'apply-object calico-kube-controllers'];
      expect(writes()).to.deep.equal(once);
      expect(calico.done).to.include.members(['pods calico-node', 'pods calico-kube-controllers']);
      await fleet.pass(180);
      expect(writes(), 'nothing twice').to.deep.equal(once);
      for (const { agent } of fleet.members) await agent.operations.rollback({ by: 'test' });
      await fleet.until(isConfirmed(1), 900);
      expect(await calico.images()).to.deep.equal(before);
      expect(await calico.annotations()).not.to.have.property('calico-agent/undo');
    });

    it('go back when the pods do not become ready', async () => {
      await start(1);
      await applyEverywhere(plain);
      await fleet.until(isConfirmed(1), 300);
      arePulled = async () => !(await calico.images()).includes(after.at(-2) ?? '');
      await applyEverywhere(mirrored);
      await fleet.until(({ message }) => message.includes('calico-node'), 300);
      expect(await calico.images()).to.deep.equal(after);
      const isBack = (status: AgentStatus): boolean =>
        isConfirmed(1)(status) && status.message.includes('was rejected');
      await fleet.until(isBack, 1800);
      expect(await calico.images()).to.deep.equal(before);
    });

    it('wait for the pull secret, and change nothing before it is there', async () => {
      await start(1);
      await applyEverywhere(withSecret);
      const isWaiting = ({ state, message }: AgentStatus): boolean =>
        state === 'awaiting-gate' && message.includes('Secret kube-system/registry-credentials');
      await fleet.until(isWaiting, 300);
      expect(await calico.images()).to.deep.equal(before);
      await calico.makeSecret('registry-credentials', 'Opaque');
      await fleet.pass(120);
      expect(await calico.images(), 'no kubelet takes this type').to.deep.equal(before);
      await calico.objects.remove('/api/v1/namespaces/kube-system/secrets/registry-credentials');
      await calico.makeSecret('registry-credentials');
      await fleet.until(isConfirmed(1), 900);
      expect(await calico.images()).to.deep.equal(after);
      expect(await calico.pullSecrets()).to.deep.equal(['registry-credentials']);
    });

    it('correct an image that somebody changed', async () => {
      await start(1);
      await applyEverywhere(mirrored);
      await fleet.until(isConfirmed(1), 900);
      await calico.setImage('calico-node', 'docker.io/calico/node:v3.29.3');
      const [member] = fleet.members;
      const drift = await member?.agent.operations.drift();
      expect(drift?.fields.map(({ kind, observed }) => [kind, observed])).to.deep.equal([
        ['DaemonSet', 'docker.io/calico/node:v3.29.3'],
      ]);
      await fleet.pass(120);
      expect(await calico.images()).to.deep.equal(after);
    });

    it('follow the manifest of another release to the registry, and go back to it', async () => {
      await start(1);
      await applyEverywhere(mirrored);
      await fleet.until(isConfirmed(1), 900);
      await calico.setImage('calico-node', 'docker.io/calico/node:v3.30.0');
      await fleet.pass(120);
      expect(await calico.images()).to.include(
        'calico-node registry.example:5000/calico/node:v3.30.0',
      );
      await applyEverywhere(plain);
      await fleet.until(isConfirmed(2), 900);
      expect(await calico.images()).to.include('calico-node docker.io/calico/node:v3.30.0');
      expect(await calico.images()).to.include('mount-bpffs docker.io/calico/node:v3.29.3');
    });

    it('refuse the workload of another program, with the setting that fits', async () => {
      await calico.reset({ 'app.kubernetes.io/managed-by': 'kops' });
      await start(1);
      const [member] = fleet.members;
      if (member === undefined) throw new Error('no agent');
      const planned = await member.agent.offers.plan(mirrored);
      const issues = planned.ok ? planned.plan.issues : [];
      expect(issues.map(({ code, hint }) => [code, hint])).to.deep.include([
        'images-other-owner',
        'write installedBy: kops',
      ]);
      expect(await calico.images()).to.deep.equal(before);
    });

    it('without rights, print commands that a person runs', async () => {
      await start(1, 'nobody');
      await applyEverywhere(mirrored);
      await fleet.until(({ state }) => state === 'awaiting-gate', 300);
      const planned = await fleet.members[0]?.agent.offers.plan();
      const steps = planned?.ok === true ? (planned.plan.byHand ?? []) : [];
      expect(steps.map(({ title }) => title)).to.include(
        'Change the images of DaemonSet kube-system/calico-node',
      );
      expect(await calico.images()).to.deep.equal(before);
    });
  });
});
