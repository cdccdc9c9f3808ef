import { expect } from 'chai';
import { compareLiving } from '../../../../core/kops/living/compare-living.ts';
import type { LivingCluster } from '../../../../core/kops/living/living-cluster.ts';
import { planLiving, type LivingStep } from '../../../../core/kops/living/plan-living.ts';
import { calicoNode, judged, known, living, unknown, usualPool, workload } from './living.ts';

function steps(networking: string, more: Partial<LivingCluster>): readonly LivingStep[] {
  const cluster = judged(networking);
  const live = living(more);
  return planLiving(cluster, compareLiving(cluster, live), live.pools, 'cluster.yaml');
}

function titles(networking: string, more: Partial<LivingCluster>): readonly string[] {
  return steps(networking, more).map(({ title }) => title);
}

const pool = (ipipMode: string, vxlanMode = 'Never'): LivingCluster['pools'] =>
  known([{ ...usualPool, ipipMode, vxlanMode }]);
const check = (value: string): LivingCluster['daemonSets'] =>
  known([calicoNode({ FELIX_AWSSRCDSTCHECK: { from: 'value', value } })]);
const change = 'change IPPool default-ipv4-ippool from';
const seen = 'see that EC2 checks no source and destination any more, on every node';
const update = 'bring the document into force';
const restart = 'restart calico-node node by node';

describe('planLiving', () => {
  it('has no step where nothing differs, or nothing could be read', () => {
    expect(steps('calico: {}', {})).to.deep.equal([]);
    expect(
      steps('calico: {}', { daemonSets: unknown, pools: unknown, config: unknown }),
    ).to.deep.equal([]);
  });

  it('takes a tunnel away only after Felix has disabled EC2’s check everywhere', () => {
    expect(
      titles('calico: {}', { pools: pool('Always'), daemonSets: check('DoNothing') }),
    ).to.deep.equal([update, seen, `${change} IPIP Always to IPIP CrossSubnet`]);
  });

  it('says that nobody disables the check, and that it is not known', () => {
    const [nobody] = steps('calico: {awsSrcDstCheck: DoNothing}', {
      pools: pool('Always'),
      daemonSets: check('DoNothing'),
    });
    expect(nobody?.title).to.equal(seen);
    expect(nobody?.why).to.contain('by this document nobody disables it');
    const [first] = steps('calico: {}', {
      pools: pool('Always'),
      daemonSets: known([
        calicoNode({ FELIX_AWSSRCDSTCHECK: { from: 'config-map', configMap: 'other', key: 'a' } }),
      ]),
    });
    expect(first?.why).to.contain('could not be read');
  });

  it('adds a tunnel before the update, which may enable the check', () => {
    const networking = 'calico: {ipipMode: Always, awsSrcDstCheck: Enable}';
    expect(titles(networking, { pools: pool('CrossSubnet') })).to.deep.equal([
      `${change} IPIP CrossSubnet to IPIP Always`,
      update,
    ]);
  });

  it('makes a pool VXLAN before the backend goes, and IPIP after BIRD is back', () => {
    expect(
      titles('calico: {encapsulationMode: vxlan, vxlanMode: Always}', { pools: pool('Always') }),
    ).to.deep.equal([`${change} IPIP Always to VXLAN Always`, update, restart]);
    expect(
      titles('calico: {ipipMode: Always}', {
        pools: pool('Never', 'Always'),
        config: known({ calico_backend: 'vxlan', veth_mtu: '0' }),
      }),
    ).to.deep.equal([update, restart, `${change} VXLAN Always to IPIP Always`]);
  });

  it('prints the commands, with the way back to the cluster’s own value', () => {
    const [step] = steps('calico: {ipipMode: Always}', {});
    expect(step?.commands).to.deep.equal([
      'calicoctl get ippool default-ipv4-ippool -o yaml > ippool-default-ipv4-ippool-before.yaml',
      `calicoctl patch ippool default-ipv4-ippool --patch '{"spec":{"ipipMode":"Always","vxlanMode":"Never"}}'`,
      '# calico-agent kops edit cluster.yaml --set spec.networking.calico.encapsulationMode=ipip --set spec.networking.calico.ipipMode=CrossSubnet',
    ]);
  });

  it('stops before every step where the update would break the network', () => {
    const all = titles('calico: {mtu: 8981}', {
      pools: known([{ ...usualPool, cidr: '192.168.0.0/16' }]),
      apiService: known('10.96.0.1'),
    });
    expect(all).to.deep.equal([
      'do not update: Service default/kubernetes has the address 10.96.0.1',
      'do not update: IPPool default-ipv4-ippool has the range 192.168.0.0/16',
    ]);
    const provider = steps('calico: {}', { daemonSets: known([workload('cilium', [])]) });
    expect(provider.map(({ title }) => title)).to.deep.equal([
      'do not update: DaemonSet kube-system/cilium runs Cilium',
    ]);
  });

  it('looks at nodes without calico-node first, and takes left-overs away last', () => {
    const all = titles('calico: {mtu: 8981}', {
      daemonSets: known([calicoNode(), workload('kube-router', [])]),
      deployments: known([workload('k8s-ec2-srcdst', [], { replicas: 1 })]),
      blockNodes: known(['i-1', 'gone']),
      nodes: known([
        { name: 'i-1', hasCalico: true },
        { name: 'i-2', hasCalico: false },
      ]),
    });
    expect(all).to.deep.equal([
      'see why calico-node is not up: Node i-2',
      update,
      restart,
      'delete Deployment kube-system/k8s-ec2-srcdst',
      'look at DaemonSet kube-system/kube-router',
      'release BlockAffinity of gone',
    ]);
  });

  it('offers no edit that kops refuses for a range outside of nonMasqueradeCIDR', () => {
    const of = (cidr: string): LivingStep | undefined =>
      steps('calico: {}', { pools: known([{ ...usualPool, cidr }]) })[0];
    expect(of('192.168.0.0/16')?.commands).to.deep.equal([]);
    expect(of('192.168.0.0/16')?.why).to.contain('explicit serviceClusterIPRange');
    expect(of('100.80.0.0/12')?.commands.join()).to.contain('spec.podCIDR=100.80.0.0/12');
  });

  it('sends every command to the cluster that was compared', () => {
    const cluster = judged('calico: {ipipMode: Always, mtu: 8981}');
    const live = living();
    const compared = compareLiving(cluster, live);
    const reach = { kubeconfig: 'my kube', context: '$x' };
    const commands = planLiving(cluster, compared, live.pools, 'cluster.yaml', reach)
      .flatMap((step) => step.commands)
      .filter((line) => /^(KUBECONFIG|calicoctl|kubectl)/.test(line));
    expect(commands.map((line) => line.split(' ippool ')[0])).to.include.members([
      "KUBECONFIG='my kube' K8S_CURRENT_CONTEXT='$x' calicoctl get",
      "KUBECONFIG='my kube' K8S_CURRENT_CONTEXT='$x' calicoctl patch",
    ]);
    expect(commands.filter((line) => line.startsWith('kubectl')).length).to.be.greaterThan(0);
    for (const line of commands.filter((one) => one.startsWith('kubectl')))
      expect(line).to.match(/^kubectl --kubeconfig 'my kube' --context '\$x' /);
  });

  it('never lets a name of the document or the cluster run in a shell', () => {
    const evil = "a'; touch /tmp/x; '";
    const commands = steps(`calico: {ipipMode: "${evil}"}`, {
      pools: known([{ ...usualPool, name: evil }]),
      daemonSets: known([calicoNode(), workload('weave-net', [], { namespace: '$(x)' })]),
    }).flatMap((step) => step.commands);
    const text = commands.join('\n').replaceAll(String.raw`'\''`, '');
    expect(text.replaceAll(/'[^']*'/g, '')).to.not.match(/touch|\$\(/);
  });
});
