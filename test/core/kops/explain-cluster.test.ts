import { expect } from 'chai';
import { judge } from '../../../core/kops/check/check-cluster.ts';
import { readClusters } from '../../../core/kops/document/read-clusters.ts';
import {
  explainCluster,
  type ExplainedCluster,
} from '../../../core/kops/explain/explain-cluster.ts';
import { yamlText } from '../../../core/yaml-text.ts';

interface Given {
  readonly networking: object;
  readonly cloud?: string;
  readonly kops?: number;
  readonly before?: object;
}

function judged(networking: object, cloud: string, kops: number): ReturnType<typeof judge> {
  const spec = { cloudProvider: cloud, kubernetesVersion: `1.${kops}.0`, networking };
  const text = yamlText({
    apiVersion: 'kops.k8s.io/v1alpha2',
    kind: 'Cluster',
    metadata: { name: 'c.example.com' },
    spec,
  });
  const [cluster] = readClusters(text).clusters;
  if (cluster === undefined) throw new Error('no cluster');
  return judge(cluster, { kops });
}

function explain({ networking, cloud = 'aws', kops = 30, before }: Given): ExplainedCluster {
  return explainCluster(judged(networking, cloud, kops), 'cluster.yaml', {
    before: before && judged(before, cloud, kops),
  });
}

function value(explained: ExplainedCluster, path: string): string | undefined {
  return explained.values.find((one) => one.path === `spec.networking.${path}`)?.value;
}

function modes(given: Given): readonly (string | undefined)[] {
  const explained = explain(given);
  return ['ipipMode', 'vxlanMode', 'awsSrcDstCheck'].map((name) =>
    value(explained, `calico.${name}`),
  );
}

describe('explainCluster', () => {
  const cases: readonly (readonly [string, Given, readonly (string | undefined)[]])[] = [
    [
      'CrossSubnet since 1.22',
      { networking: { calico: {} }, kops: 22 },
      ['CrossSubnet', 'Never', 'Disable'],
    ],
    [
      'Always until 1.21',
      { networking: { calico: {} }, kops: 21 },
      ['Always', undefined, 'DoNothing'],
    ],
    [
      'crossSubnet of 1.19',
      { networking: { calico: { crossSubnet: true } }, kops: 19 },
      ['CrossSubnet', undefined, 'Disable'],
    ],
    [
      'OpenStack',
      { networking: { calico: {} }, cloud: 'openstack' },
      ['Always', 'Never', 'DoNothing'],
    ],
    [
      'Azure',
      { networking: { calico: {} }, cloud: 'azure', kops: 35 },
      ['Never', 'Always', 'DoNothing'],
    ],
    [
      'vxlan',
      { networking: { calico: { encapsulationMode: 'vxlan' } } },
      ['Never', 'CrossSubnet', 'Disable'],
    ],
    [
      'a given mode',
      { networking: { calico: { ipipMode: 'Always' } } },
      ['Always', 'Never', 'Disable'],
    ],
  ];
  for (const [name, given, expected] of cases) {
    it(`says which modes Calico gets: ${name}`, () => {
      expect(modes(given)).to.deep.equal(expected);
    });
  }

  it('says where each value comes from, with the line', () => {
    const { values } = explain({ networking: { calico: { mtu: 8981 } } });
    const mtu = values.find(({ path }) => path.endsWith('mtu'));
    expect(mtu).to.include({ value: '8981', from: 'document', line: 10 });
    expect(values.find(({ path }) => path === 'spec.podCIDR')).to.include({
      value: '100.96.0.0/11',
      from: 'default',
    });
  });

  it('prints the permissions that each provider needs on AWS', () => {
    const actions = (given: Given): string =>
      explain(given)
        .needs.flatMap(({ paste = [] }) => paste)
        .join('\n');
    expect(actions({ networking: { calico: {} } })).to.contain(
      'ec2:ModifyNetworkInterfaceAttribute',
    );
    expect(actions({ networking: { calico: { crossSubnet: true } }, kops: 18 })).to.contain(
      'ec2:ModifyInstanceAttribute',
    );
    expect(actions({ networking: { kuberouter: {} } })).to.contain('ec2:ModifyInstanceAttribute');
    expect(actions({ networking: { amazonvpc: {} } })).to.contain('ec2:AssignPrivateIpAddresses');
    expect(actions({ networking: { calico: {} }, cloud: 'gce' })).to.equal('');
    const needs = explain({ networking: { amazonvpc: {} } })
      .needs.map(({ text }) => text)
      .join('\n');
    expect(needs).to.contain('/var/log/aws-routed-eni');
    expect(actions({ networking: { weave: {} }, kops: 20 })).to.contain(
      'kops create secret weavepassword -f',
    );
  });

  describe('the permissions of each release', () => {
    const actions = (networking: object, kops: number): readonly string[] => {
      const need = explain({ networking, kops }).needs.find(({ what }) => what === 'permissions');
      return [need?.text.split(' ').slice(0, 2).join(' ') ?? '', (need?.paste ?? []).join('')];
    };
    const rows: readonly (readonly [
      object,
      number,
      string,
      readonly string[],
      readonly string[],
    ])[] = [
      [{ amazonvpc: {} }, 11, 'kops adds', ['tag:TagResources'], ['ec2:CreateTags']],
      [{ amazonvpc: {} }, 15, 'kops adds', ['tag:TagResources', 'Unassign'], ['DescribeTags']],
      [{ amazonvpc: {} }, 34, 'kops adds', ['DescribeInstanceTypes'], ['DescribeSubnets']],
      [{ amazonvpc: {} }, 35, 'kops adds', ['DescribeSubnets'], ['tag:TagResources']],
      [{ cilium: { ipam: 'eni' } }, 33, 'kops adds', ['DetachNetworkInterface'], ['RouteTables']],
      [{ cilium: { ipam: 'eni' } }, 34, 'kops adds', ['RouteTables'], ['DetachNetworkInterface']],
      [{ cilium: {} }, 34, '', [], ['ec2']],
      [{ kuberouter: {} }, 28, 'kops 1.28', ['ec2:ModifyInstanceAttribute'], []],
      [{ kuberouter: {} }, 29, 'kops adds', ['ec2:ModifyInstanceAttribute'], []],
      [{ romana: {} }, 8, 'kops adds', ['DescribeVpcs'], ['CreateRoute']],
      [{ romana: {} }, 18, 'kops adds', ['ReplaceRoute'], []],
      [{ calico: {} }, 21, '', [], ['ec2']],
      [{ calico: {} }, 22, 'kops adds', ['ModifyNetworkInterfaceAttribute'], []],
      [{ calico: { awsSrcDstCheck: 'Enable' } }, 22, 'kops adds', ['DescribeInstances'], []],
      [{ calico: { awsSrcDstCheck: 'DoNothing' } }, 22, '', [], ['ec2']],
    ];
    for (const [networking, kops, start, has, lacks] of rows) {
      it(`of ${JSON.stringify(networking)} in kops 1.${String(kops)}`, () => {
        const [text, paste = ''] = actions(networking, kops);
        expect(text).to.equal(start);
        for (const one of has) expect(paste).to.contain(one);
        for (const one of lacks) expect(paste).to.not.contain(one);
      });
    }
  });

  describe('the ports', () => {
    const ports = (networking: object, cloud: string, kops: number): readonly string[] =>
      explain({ networking, cloud, kops })
        .needs.filter(({ what }) => what === 'ports')
        .map(({ text }) => text);
    const add = 'add a rule of your own, or this traffic is lost';
    const all = 'between all machines of the cluster:';
    const rows: readonly (readonly [object, string, number, readonly string[]])[] = [
      [
        { calico: {} },
        'aws',
        30,
        [
          `${all} TCP 179 (BGP), IP protocol 4 (IP-in-IP)`,
          'kops 1.30 opens them on aws (pkg/model/awsmodel/firewall.go); instance groups with a securityGroupOverride need them from you',
        ],
      ],
      [
        { calico: { encapsulationMode: 'vxlan', typhaReplicas: 3, wireguardEnabled: true } },
        'gce',
        30,
        [
          `${all} UDP 4789 (VXLAN), UDP 51820 (WireGuard), TCP 5473 (Typha)`,
          `kops 1.30 does not open from nodes to control planes on gce (pkg/model/gcemodel/firewall.go): UDP 4789 (VXLAN), UDP 51820 (WireGuard), TCP 5473 (Typha); ${add}`,
        ],
      ],
      [
        { calico: {} },
        'gce',
        22,
        [
          `${all} TCP 179 (BGP), IP protocol 4 (IP-in-IP)`,
          `kops 1.22 does not open on gce (pkg/model/gcemodel/firewall.go): IP protocol 4 (IP-in-IP); ${add}`,
        ],
      ],
      [
        { calico: { encapsulationMode: 'vxlan' } },
        'openstack',
        30,
        [
          `${all} UDP 4789 (VXLAN)`,
          `kops 1.30 does not open on openstack (pkg/model/openstackmodel/firewall.go): UDP 4789 (VXLAN); ${add}`,
        ],
      ],
      [
        { kuberouter: {} },
        'openstack',
        30,
        [
          `${all} TCP 179 (BGP), IP protocol 4 (IP-in-IP between subnets)`,
          `kops 1.30 does not open on openstack (pkg/model/openstackmodel/firewall.go): TCP 179 (BGP); ${add}`,
        ],
      ],
      [
        { cilium: { hubble: { enabled: true } } },
        'openstack',
        26,
        [
          `${all} UDP 8472 (VXLAN), TCP 4240 (health), TCP 4244 (Hubble)`,
          `kops 1.26 does not open on openstack (pkg/model/openstackmodel/firewall.go): TCP 4244 (Hubble); ${add}`,
        ],
      ],
      [
        { flannel: {} },
        'openstack',
        30,
        [
          `${all} UDP 8285 (udp)`,
          'kops 1.30 opens them on openstack (pkg/model/openstackmodel/firewall.go)',
        ],
      ],
      [
        { romana: {} },
        'aws',
        14,
        [
          `${all} TCP 9600 (agents), TCP 4001 (etcd, to control planes)`,
          'kops 1.14 opens them on aws (pkg/model/firewall.go); instance groups with a securityGroupOverride need them from you',
        ],
      ],
      [{ calico: {} }, 'digitalocean', 30, [`${all} TCP 179 (BGP), IP protocol 4 (IP-in-IP)`]],
      [{ kindnet: {} }, 'aws', 36, []],
    ];
    for (const [networking, cloud, kops, expected] of rows) {
      it(`of ${JSON.stringify(networking)} on ${cloud} in kops 1.${String(kops)}`, () => {
        expect(ports(networking, cloud, kops)).to.deep.equal(expected);
      });
    }
  });

  it('lists the next commands of this version, with reconcile since 1.31', () => {
    const commands = (kops: number): readonly string[] =>
      explain({ networking: { calico: {} }, kops }).commands.map(({ command }) => command);
    expect(commands(30)).to.deep.equal([
      'kops replace -f cluster.yaml',
      'kops update cluster c.example.com',
      'kops update cluster c.example.com --yes',
      'kops rolling-update cluster c.example.com',
      'kops rolling-update cluster c.example.com --yes',
      'kops validate cluster c.example.com --wait 10m',
    ]);
    expect(commands(31)).to.include('kops reconcile cluster c.example.com --yes');
    expect(commands(31).join('\n')).to.not.contain('rolling-update');
  });

  it('names the living objects that a change leaves as they were', () => {
    const mode = explain({
      networking: { calico: { ipipMode: 'Always' } },
      before: { calico: {} },
    });
    expect(mode.objects.map(({ object }) => object)).to.deep.equal(['IPPool default-ipv4-ippool']);
    expect(mode.objects[0]?.commands.join('\n')).to.contain(
      '{"spec":{"ipipMode":"Always","vxlanMode":"Never"}}',
    );
    const same = explain({ networking: { calico: { mtu: 1440 } }, before: { calico: {} } });
    expect(same.objects).to.deep.equal([]);
    const old = explain({
      networking: { calico: {} },
      before: { calico: { crossSubnet: true } },
      kops: 18,
    });
    expect(old.objects.map(({ object }) => object)).to.include('IPPool default-ipv4-ippool');
    const other = explain({ networking: { cilium: {} }, before: { calico: {} } });
    expect(other.objects.map(({ object }) => object).join(' '))
      .to.contain('DaemonSet')
      .and.contain('/etc/cni/net.d');
  });

  it('plans kubenet to a CNI provider and classic to kubenet, with their limits', () => {
    const cni = explain({ networking: { calico: {} }, before: { kubenet: {} } }).change?.transition;
    expect(cni?.isPlanned).to.equal(true);
    expect(cni?.limits.join('\n')).to.contain('routing table');
    const kubenet = explain({ networking: { kubenet: {} }, before: { classic: {} }, kops: 10 })
      .change?.transition;
    expect(kubenet?.limits.join('\n'))
      .to.match(/50 nodes/)
      .and.match(/private topology/);
    const back = explain({ networking: { flannel: { backend: 'vxlan' } }, before: { calico: {} } });
    expect(back.change?.transition.isPlanned).to.equal(false);
    expect(back.issues.map(({ code }) => code)).to.include('kops-change-provider');
  });
});
