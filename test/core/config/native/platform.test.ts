import { expect } from 'chai';
import { parseConfig } from '../../../../core/config/parse.ts';
import { checkRow, modelOf, type Row } from '../reading-configs.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';

const refused: readonly Row[] = [
  [
    'a section without its platform',
    `${head}k3s: {clusterDomain: a.b}\n`,
    ['error platform-missing /k3s 3:6', 'add a line platform: k3s'],
  ],
  [
    "another platform's section",
    `${head}platform: microk8s\nk3s: {}\n`,
    ['error platform-missing /k3s 4:6', 'the platform is microk8s'],
  ],
  [
    'a platform that nobody knows, once',
    `${head}platform: K3s\nk3s: {}\n`,
    ['error unknown-value /platform 3:11', 'did you mean k3s?'],
  ],
  [
    'settings that contradict each other',
    `${head}platform: k3s\nk3s: {cni: calico, flannelBackend: vxlan, disableNetworkPolicy: false}\n`,
    ['error k3s-settings-differ /k3s/flannelBackend 4:36', 'runs flannel beside it'],
    ['error k3s-settings-differ /k3s/disableNetworkPolicy 4:65', 'leave disableNetworkPolicy out'],
  ],
  [
    'ServiceLB that is disabled beside',
    `${head}platform: k3s\nk3s: {loadBalancer: servicelb, disable: [traefik, servicelb]}\n`,
    ['error k3s-settings-differ /k3s/disable/1 4:51', 'take one of the two away'],
  ],
  [
    'a network that is none',
    `${head}platform: k3s\nk3s: {clusterCidr: 10.0.0.0}\n`,
    ['error platform-cidr-invalid /k3s/clusterCidr 4:20', 'has no prefix length'],
  ],
  [
    'host bits',
    `${head}platform: microk8s\nmicrok8s: {podCidr: 10.0.0.1/16}\n`,
    ['error platform-cidr-invalid /microk8s/podCidr 4:21', 'write 10.0.0.0/16'],
  ],
  [
    'two networks of a family',
    `${head}platform: k3s\nk3s: {serviceCidr: [10.0.0.0/16, 10.1.0.0/16]}\n`,
    ['error platform-family-twice /k3s/serviceCidr/1 4:34', 'two of IPv4'],
  ],
  [
    'an address that is none',
    `${head}platform: k3s\nk3s: {clusterDns: [10.43.0]}\n`,
    ['error platform-address-invalid /k3s/clusterDns/0 4:20', '10.43.0'],
  ],
  [
    'a method of finding addresses that Calico does not know',
    `${head}platform: microk8s\nmicrok8s: {ipAutodetection: {ipv4: can-reach}}\n`,
    ['error cni-autodetection /microk8s/ipAutodetection/ipv4 4:36', 'can-reach=ADDRESS'],
  ],
  [
    'a method with an address of the other family',
    `${head}platform: microk8s\nmicrok8s: {ipAutodetection: {ipv6: can-reach=10.0.0.1}}\n`,
    [
      'error cni-can-reach-family /microk8s/ipAutodetection/ipv6 4:36',
      'write an address or a network of IPv6',
    ],
  ],
  [
    'flannel with settings of Calico, and without a range',
    `${head}platform: microk8s\nmicrok8s: {cni: flannel, mode: bgp, mtu: 1400, ipAutodetection: {ipv4: first-found}}\n`,
    [
      'error microk8s-flannel-range /microk8s/cni 4:17',
      'write podCidr: 10.1.0.0/16, or the range that you use',
    ],
    ['error microk8s-not-calico /microk8s/mode 4:32', "mode is a setting of Calico's"],
    ['error microk8s-not-calico /microk8s/mtu 4:42', 'leave it out'],
    ['error microk8s-not-calico /microk8s/ipAutodetection/ipv4 4:72', 'leave it out'],
  ],
  [
    'flannel with a range of IPv6',
    `${head}platform: microk8s\nmicrok8s: {cni: flannel, podCidr: ["fd00::/64"]}\n`,
    ['error microk8s-flannel-range /microk8s/podCidr 4:35', 'one pod range of IPv4'],
  ],
  [
    'pods that are to be recreated without a range that they have to leave',
    `${head}platform: microk8s\nmicrok8s: {mode: bgp, recreatePods: true}\n`,
    [
      'warning microk8s-no-pod-range /microk8s/recreatePods 4:37',
      'add podCidr with the range of the cluster, or leave recreatePods out',
    ],
  ],
  [
    'Kube-OVN, which only a command installs',
    `${head}platform: microk8s\nmicrok8s: {cni: kube-ovn}\n`,
    [
      'error microk8s-destructive /microk8s/cni 4:17',
      'calico-agent microk8s switch-cni kube-ovn shows what is lost, and does it with --destroy',
    ],
  ],
  [
    'a pool outside of the range that K3s knows',
    `${head}platform: k3s\nk3s: {cni: calico, clusterCidr: 10.42.0.0/16}\npools: [{name: p, cidr: 192.168.0.0/16}]\n`,
    ['error k3s-pool-outside /pools/0/cidr 5:25', 'a pool has to be the range'],
  ],
];

describe('the platform sections', () => {
  for (const row of refused) it(`refuses ${row[0]}`, () => checkRow(row));

  it('has the settings of K3s with their places', () => {
    const { platform } = modelOf(
      `${head}platform: k3s\nk3s:\n  clusterCidr: [10.1.0.0/16, 'fd00::/56']\n  disable: [servicelb]\n  cni: calico\n`,
    );
    if (platform?.kind !== 'k3s') throw new Error('k3s expected');
    const { clusterCidr, disable, cni } = platform.settings;
    expect(clusterCidr?.value.map(({ value }) => value.cidr)).to.deep.equal([
      '10.1.0.0/16',
      'fd00::/56',
    ]);
    expect(disable?.value.map(({ value }) => value)).to.deep.equal(['servicelb']);
    expect(cni).to.deep.include({ value: 'calico' });
    expect(cni?.place).to.include({ pointer: '/k3s/cni', line: 7 });
  });

  it('takes pools within the range of K3s, and says where a range has none', () => {
    const text = `${head}platform: k3s\nk3s: {cni: calico, clusterCidr: [10.42.0.0/16, 'fd00:42::/56']}\npools: [{name: a, cidr: 10.42.0.0/17}, {name: b, cidr: 10.42.128.0/17}]\n`;
    const { issues } = parseConfig(text);
    const found = issues.map(({ severity, code, pointer }) => `${severity} ${code} ${pointer}`);
    expect(found).to.deep.equal(['warning k3s-range-without-pool /k3s/clusterCidr/1']);
    expect(parseConfig(text.replace('cni: calico', 'cni: flannel')).issues).to.deep.equal([]);
  });

  it('has the settings of MicroK8s', () => {
    const { platform } = modelOf(
      `${head}platform: microk8s\nmicrok8s: {ipAutodetection: {ipv4: can-reach=10.0.0.1}, mode: bgp, mtu: 1400}\n`,
    );
    if (platform?.kind !== 'microk8s') throw new Error('microk8s expected');
    const { ipAutodetection, mode, mtu } = platform.settings;
    expect(ipAutodetection?.ipv4?.value).to.equal('can-reach=10.0.0.1');
    expect([mode?.value, mtu?.value]).to.deep.equal(['bgp', 1400]);
  });

  it('may name the platform alone', () => {
    expect(modelOf(`${head}platform: k3s\n`).platform).to.deep.include({ kind: 'k3s' });
    expect(modelOf(head)).to.not.have.property('platform');
  });
});
