import { expect } from 'chai';
import { compareLiving, livingIssues } from '../../../../core/kops/living/compare-living.ts';
import type { LivingCluster } from '../../../../core/kops/living/living-cluster.ts';
import { calicoNode, judged, known, living, unknown, usualPool, workload } from './living.ts';

interface Given {
  readonly networking?: string;
  readonly kops?: number;
  readonly spec?: string;
  readonly cloud?: string;
  readonly live?: Partial<LivingCluster>;
}

/** `code: setting wanted | object field found > winner`. */
function differences({ networking = 'calico: {}', live = {}, ...how }: Given): readonly string[] {
  return compareLiving(judged(networking, how), living(live)).differences.map(
    ({ code, setting, wanted, object, field, found, wins }) =>
      `${code}: ${setting} ${wanted} | ${object} ${field} ${found} > ${wins}`,
  );
}

const flannel = workload('kube-flannel-ds', [['kube-flannel', 'flannel:v0.25.0']], {
  namespace: 'kube-flannel',
});
const value = (text: string): { readonly from: 'value'; readonly value: string } => ({
  from: 'value',
  value: text,
});

describe('compareLiving', () => {
  const calico = 'spec.networking.calico';
  const cases: readonly (readonly [string, Given, readonly string[]])[] = [
    ['is silent where the cluster is as the document says', {}, []],
    [
      'finds a pool that kept its mode, which kops never changes',
      { live: { pools: known([{ ...usualPool, ipipMode: 'Always' }]) } },
      [
        `kops-live-pool-mode: ${calico}.ipipMode CrossSubnet | IPPool default-ipv4-ippool spec.ipipMode Always > cluster`,
      ],
    ],
    [
      'finds both modes of a pool with another tunnel',
      {
        networking: 'calico: {encapsulationMode: vxlan}',
        live: { config: known({ calico_backend: 'vxlan', veth_mtu: '0' }) },
      },
      [
        `kops-live-pool-mode: ${calico}.ipipMode Never | IPPool default-ipv4-ippool spec.ipipMode CrossSubnet > cluster`,
        `kops-live-pool-mode: ${calico}.vxlanMode CrossSubnet | IPPool default-ipv4-ippool spec.vxlanMode Never > cluster`,
      ],
    ],
    [
      'knows that crossSubnet has no effect since 1.22, and the modes of older releases',
      {
        networking: 'calico: {}',
        kops: 21,
        live: {
          pools: known([{ ...usualPool, ipipMode: 'Always' }]),
          daemonSets: known([calicoNode({ FELIX_AWSSRCDSTCHECK: value('DoNothing') })]),
        },
      },
      [],
    ],
    [
      'leaves a disabled pool, an IPv6 pool and a pool of other addresses alone',
      {
        live: {
          pools: known([
            usualPool,
            { ...usualPool, name: 'old', ipipMode: 'Always', isDisabled: true },
            { ...usualPool, name: 'six', cidr: 'fd00::/64', ipipMode: 'Never' },
            { ...usualPool, name: 'services', cidr: '100.72.0.0/16', ipipMode: 'Never' },
          ]),
        },
      },
      [],
    ],
    [
      'finds a first pool outside of the pod range, which breaks the network',
      { live: { pools: known([{ ...usualPool, cidr: '192.168.0.0/16' }]) } },
      [
        'kops-live-range: spec.podCIDR 100.96.0.0/11 | IPPool default-ipv4-ippool spec.cidr 192.168.0.0/16 > cluster',
      ],
    ],
    [
      'takes a first pool that is disabled for one that was moved away from',
      {
        live: {
          pools: known([
            { ...usualPool, cidr: '192.168.0.0/16', isDisabled: true },
            { ...usualPool, name: 'new' },
          ]),
        },
      },
      [],
    ],
    [
      'derives the pod range of another nonMasqueradeCIDR as kops does',
      {
        spec: '  nonMasqueradeCIDR: 10.128.0.0/12\n',
        live: { pools: known([{ ...usualPool, cidr: '10.136.0.0/13' }]) },
      },
      [],
    ],
    [
      'finds a pool of a person outside of nonMasqueradeCIDR',
      {
        live: { pools: known([usualPool, { ...usualPool, name: 'more', cidr: '172.20.0.0/16' }]) },
      },
      [
        'kops-live-range: spec.nonMasqueradeCIDR 100.64.0.0/10 | IPPool more spec.cidr 172.20.0.0/16 > cluster',
      ],
    ],
    [
      'finds the Services in another range',
      { live: { apiService: known('10.96.0.1') } },
      [
        'kops-live-range: spec.serviceClusterIPRange 100.64.0.0/13 | Service default/kubernetes spec.clusterIP 10.96.0.1 > document',
      ],
    ],
    [
      'finds another backend in the ConfigMap, and one that the DaemonSet has itself',
      { live: { config: known({ calico_backend: 'vxlan', veth_mtu: '0' }) } },
      [
        `kops-live-backend: ${calico}.encapsulationMode bird | ConfigMap kube-system/calico-config data.calico_backend vxlan > document`,
      ],
    ],
    [
      'finds a backend that the DaemonSet has itself',
      { live: { daemonSets: known([calicoNode({ CALICO_NETWORKING_BACKEND: value('none') })]) } },
      [
        `kops-live-backend: ${calico}.encapsulationMode bird | DaemonSet kube-system/calico-node env CALICO_NETWORKING_BACKEND none > document`,
      ],
    ],
    [
      'compares the MTU',
      { networking: 'calico: {mtu: 8981}' },
      [
        `kops-live-mtu: ${calico}.mtu 8981 | ConfigMap kube-system/calico-config data.veth_mtu 0 > document`,
      ],
    ],
    [
      'knows the fixed MTU of kops 1.18',
      {
        kops: 18,
        live: {
          pools: known([{ ...usualPool, ipipMode: 'Always' }]),
          config: known({ calico_backend: 'bird', veth_mtu: '1440' }),
          daemonSets: known([calicoNode({ FELIX_AWSSRCDSTCHECK: value('DoNothing') })]),
        },
      },
      [],
    ],
    [
      'finds a check that the DaemonSet leaves on',
      { live: { daemonSets: known([calicoNode({ FELIX_AWSSRCDSTCHECK: value('DoNothing') })]) } },
      [
        `kops-live-source-check: ${calico}.awsSrcDstCheck Disable | DaemonSet kube-system/calico-node env FELIX_AWSSRCDSTCHECK DoNothing > document`,
      ],
    ],
    [
      'expects no check of Felix on another cloud',
      {
        cloud: 'gce',
        live: { daemonSets: known([calicoNode({ FELIX_AWSSRCDSTCHECK: value('DoNothing') })]) },
      },
      [],
    ],
    [
      'ignores a FelixConfiguration that the DaemonSet overrides',
      { live: { felix: known([{ name: 'default', awsSrcDstCheck: 'Enable' }]) } },
      [],
    ],
    [
      'finds WireGuard that only the document has',
      { networking: 'calico: {wireguardEnabled: true}' },
      [
        `kops-live-felix: ${calico}.wireguardEnabled true | DaemonSet kube-system/calico-node env FELIX_WIREGUARDENABLED false > document`,
      ],
    ],
    [
      'finds another image than version',
      {
        networking: 'calico: {version: v3.28.1}',
        live: { daemonSets: known([calicoNode({}, 'v3.27.0')]) },
      },
      [
        `kops-live-image: ${calico}.version v3.28.1 | DaemonSet kube-system/calico-node image of calico-node v3.27.0 > document`,
      ],
    ],
    [
      'finds parts of Calico with different versions',
      { live: { daemonSets: known([calicoNode({}, 'v3.27.0')]) } },
      [
        `kops-live-image: ${calico}.version one version for all, as v3.27.0 of calico-node | Deployment kube-system/calico-kube-controllers image of calico-kube-controllers v3.28.1 > document`,
      ],
    ],
    [
      'finds Typha that only one side has',
      { networking: 'calico: {typhaReplicas: 3}' },
      [
        `kops-live-typha: ${calico}.typhaReplicas 3 | Deployment kube-system/calico-typha spec.replicas 0 > document`,
      ],
    ],
    [
      'finds k8s-ec2-srcdst that kops left behind',
      {
        live: {
          deployments: known([
            workload('k8s-ec2-srcdst', [['k8s-ec2-srcdst', 'x:v0.2.2']], { replicas: 1 }),
          ]),
        },
      },
      [
        `kops-live-srcdst: ${calico}.awsSrcDstCheck Felix alone | Deployment kube-system/k8s-ec2-srcdst spec.replicas 1 > cluster`,
      ],
    ],
    [
      'finds a second CNI',
      { live: { daemonSets: known([calicoNode(), flannel]) } },
      [
        'kops-live-second-cni: spec.networking.calico Calico | DaemonSet kube-flannel/kube-flannel-ds metadata.name flannel > cluster',
      ],
    ],
    [
      'finds another provider, and compares nothing else then',
      { live: { daemonSets: known([flannel]), pools: known([]) } },
      [
        'kops-live-provider: spec.networking.calico Calico | DaemonSet kube-flannel/kube-flannel-ds metadata.name flannel > document',
      ],
    ],
    [
      'finds Calico that kops did not install',
      { live: { daemonSets: known([{ ...calicoNode(), namespace: 'calico-system' }]) } },
      [
        'kops-live-second-cni: spec.networking.calico Calico | DaemonSet calico-system/calico-node metadata.name Calico > cluster',
      ],
    ],
    [
      'finds a cluster without any provider',
      { networking: 'cilium: {}', live: { daemonSets: known([]) } },
      [
        'kops-live-absent: spec.networking.cilium Cilium | DaemonSets of all namespaces metadata.name no known provider > document',
      ],
    ],
    ['accepts every provider beside cni', { networking: 'cni: {}' }, []],
    [
      'finds nodes that only one side has',
      {
        live: {
          nodes: known([
            { name: 'i-1', hasCalico: true },
            { name: 'i-2', hasCalico: false },
          ]),
          blockNodes: known(['i-1', 'i-9', 'i-9', 'i-8']),
        },
      },
      [
        'kops-live-node-without-calico: spec.networking.calico calico-node on every node | Node i-2 metadata.annotations no address of Calico > cluster',
        'kops-live-stale-node: spec.networking.calico blocks of living nodes alone | BlockAffinity of i-8, i-9 spec.node 2 nodes that are gone > cluster',
      ],
    ],
  ];
  for (const [name, given, expected] of cases) {
    it(name, () => {
      expect(differences(given)).to.deep.equal(expected);
    });
  }

  it('takes what cannot be read as unknown, and never as a difference', () => {
    const parts = Object.keys(living());
    const everything = Object.fromEntries(parts.map((part) => [part, unknown]));
    const compared = compareLiving(judged('calico: {}'), living(everything));
    expect(compared.differences).to.deep.equal([]);
    expect(compared.notCompared.map(({ what }) => what)).to.deep.equal([
      'the range of Services',
      'the provider',
      'IPPools',
      'stale nodes',
      'Typha and k8s-ec2-srcdst',
    ]);
    for (const part of parts) {
      const one = compareLiving(judged('calico: {}'), living({ [part]: unknown }));
      expect(one.differences, part).to.deep.equal([]);
      // The DaemonSet of this cluster has every value, so no FelixConfiguration is needed.
      expect(one.notCompared.length > 0, part).to.equal(part !== 'felix');
    }
  });

  it('asks FelixConfigurations where the DaemonSet does not say it, node by node', () => {
    const { FELIX_AWSSRCDSTCHECK: _, ...others } = calicoNode().containers[0]?.variables ?? {};
    const node = workload('calico-node', [['calico-node', 'calico/node:v3.28.1']], {
      variables: others,
    });
    const of = (felix: LivingCluster['felix']): ReturnType<typeof compareLiving> =>
      compareLiving(judged('calico: {}'), living({ daemonSets: known([node]), felix }));
    expect(of(unknown).notCompared).to.deep.equal([
      { what: 'spec.networking.calico.awsSrcDstCheck', why: 'the server refuses it' },
    ]);
    const found = of(
      known([
        { name: 'default', awsSrcDstCheck: 'Disable' },
        { name: 'node.i-2', awsSrcDstCheck: 'Enable' },
      ]),
    );
    expect(found.differences.map(({ object, found: one }) => `${object} ${one}`)).to.deep.equal([
      'FelixConfiguration node.i-2 Enable',
    ]);
    expect(of(known([])).differences.map(({ found: one }) => one)).to.deep.equal(['DoNothing']);
  });

  it('names the line of the value, and that of the provider where a default counts', () => {
    const cluster = judged('calico: {mtu: 8981}');
    const compared = compareLiving(
      cluster,
      living({ pools: known([{ ...usualPool, ipipMode: 'Always' }]) }),
    );
    const places = compared.differences.map(
      ({ place: { line, column }, from }) => `${String(line)}:${String(column)} ${from}`,
    );
    expect(places).to.deep.equal(['9:5 default', '9:19 document']);
    const [pool] = livingIssues(compared, cluster, 'cluster.yaml');
    expect(pool).to.deep.include({
      severity: 'warning',
      code: 'kops-live-pool-mode',
      message:
        'spec.networking.calico.ipipMode is CrossSubnet by default, and spec.ipipMode of IPPool default-ipv4-ippool is Always; at the next update the cluster keeps its value: kops gives the mode to Calico for a pool that does not exist yet; this one keeps its own',
      hint: 'calico-agent kops explain cluster.yaml --live prints the steps',
    });
  });

  it('makes an error of what breaks the network, and a warning of what is not known', () => {
    const cluster = judged('calico: {}');
    const compared = compareLiving(
      cluster,
      living({ daemonSets: known([flannel]), deployments: unknown }),
    );
    const issues = livingIssues(compared, cluster, 'cluster.yaml');
    expect(issues.map(({ severity, code }) => `${severity} ${code}`)).to.deep.equal([
      'error kops-live-provider',
      'warning kops-live-unknown',
    ]);
  });
});
