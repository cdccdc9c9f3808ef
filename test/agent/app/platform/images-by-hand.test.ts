/** Agents whose configuration has images that another program keeps: a person changes that program's settings. */
import { expect } from 'chai';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';
import { startFleet, type AgentsOfFleet } from '../../../support/agents/agents-of-fleet.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\nbgp: {asNumber: 64512}\n';
const isConfirmed =
  (number: number) =>
  ({ state, revisions }: AgentStatus): boolean =>
    state === 'in-force' && revisions.confirmed?.number === number;

const commands: readonly (readonly [owner: string, section: string, ...lines: string[]])[] = [
  [
    'the charm of one time',
    '{installedBy: charm, node: "a.b/calico/node:v3.6.1", kubeControllers: "a.b/calico/kube-controllers:v3.6.1"}',
    'juju config calico calico-node-image=a.b/calico/node:v3.6.1 calico-policy-image=a.b/calico/kube-controllers:v3.6.1',
  ],
  [
    'the charm of both times',
    '{installedBy: charm, registry: "a.b:5000", version: v3.27.4}',
    'juju config calico calico-node-image=a.b:5000/calico/node:v3.27.4 calico-policy-image=a.b:5000/calico/kube-controllers:v3.27.4',
    'juju config calico image-registry=a.b:5000 release=v3.27.4',
  ],
  [
    'kops',
    '{installedBy: kops, registry: "a.b:5000", version: v3.29.3}',
    'kops get cluster NAME -o yaml > cluster.yaml',
    'calico-agent kops edit cluster.yaml --set spec.networking.calico.registry=a.b:5000 --set spec.networking.calico.version=v3.29.3 --yes',
    'kops replace -f cluster.yaml',
    'kops update cluster NAME --yes',
    'kops rolling-update cluster NAME',
    'kubectl --namespace kube-system rollout status daemonset/calico-node --timeout=10m',
  ],
];

describe('agents with images that another program keeps', () => {
  let fleet: AgentsOfFleet;
  afterEach(() => fleet.stop());

  for (const [owner, section, ...lines] of commands) {
    it(`show the commands for ${owner}, and wait until a person has run them`, async () => {
      fleet = await startFleet(1);
      const [member] = fleet.members;
      if (member === undefined) throw new Error('no agent');
      await member.apply(`${head}images: ${section}\n`);
      await fleet.until(({ state }) => state === 'awaiting-gate', 300);
      const planned = await member.agent.offers.plan();
      const steps = planned.ok ? (planned.plan.byHand ?? []) : [];
      expect(steps.flatMap((step) => step.commands)).to.deep.equal(lines);
      expect(member.status().revisions).not.to.have.property('confirmed');
      expect((await member.agent.operations.doneByHand())?.number).to.equal(1);
      await fleet.until(isConfirmed(1), 300);
      await fleet.pass(120);
      expect(isConfirmed(1)(member.status())).to.equal(true);
    });
  }

  it('wait again for other images, and not for other sections', async () => {
    fleet = await startFleet(1);
    const [member] = fleet.members;
    if (member === undefined) throw new Error('no agent');
    const images = (version: string): string =>
      `images: {installedBy: charm, registry: a.b, version: ${version}}\n`;
    await member.apply(`${head}${images('v3.27.3')}`);
    await fleet.until(({ state }) => state === 'awaiting-gate', 300);
    await member.agent.operations.doneByHand();
    await fleet.until(isConfirmed(1), 300);
    await member.apply(`${head.replace('64512', '64513')}${images('v3.27.3')}`);
    await fleet.until(isConfirmed(2), 300);
    await member.apply(`${head}${images('v3.27.4')}`);
    await fleet.until(({ state }) => state === 'awaiting-gate', 300);
    expect(member.status().revisions.confirmed?.number).to.equal(2);
  });
});
