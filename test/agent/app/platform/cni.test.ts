import { expect } from 'chai';
import type { HostLink } from '../../../../core/platform/cni/parse-links.ts';
import { parseLinks } from '../../../../core/platform/cni/parse-links.ts';
import { found, platformOf, type Tree } from '../../../support/platform/host-tree.ts';
import { configPath, k3sNode, netConf, netConfPath } from '../../../support/platform/k3s-node.ts';
import {
  args,
  changed,
  data,
  manifest,
  microk8sNode,
} from '../../../support/platform/microk8s-node.ts';

const folder = `${args}/cni-network`;
const conflist = `${folder}/10-calico.conflist`;
const up = (...names: readonly string[]): readonly HostLink[] =>
  names.map((name) => ({ name, isUp: true }));
const plugins = (...types: readonly string[]): string =>
  JSON.stringify({ name: 'x', plugins: types.map((type) => ({ type })) });

const kubeadm: Tree = {
  '/run/flannel/subnet.env': 'FLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\n',
  '/var/lib/kubelet/kubeadm-flags.env': '',
  '/etc/cni/net.d/10-flannel.conflist': plugins('flannel', 'portmap'),
  '/opt/cni/bin/flannel': { program: '' },
  '/opt/cni/bin/portmap': { program: '' },
};

const leftRules =
  '*filter\n:INPUT ACCEPT [0:0]\n:KUBE-ROUTER-INPUT - [0:0]\n:KUBE-POD-FW-ABC - [0:0]\n-A INPUT -j KUBE-ROUTER-INPUT\nCOMMIT\n';

const ipipManifest = manifest
  .replace('calico_backend: "vxlan"', 'calico_backend: "bird"')
  .replace('CALICO_IPV4POOL_VXLAN', 'CALICO_IPV4POOL_IPIP')
  .replace(/^( *)- -felix-live$/m, '$1- -felix-live\n$1- -bird-live')
  .replace(/^( *)- -felix-ready$/m, '$1- -felix-ready\n$1- -bird-ready');

const k3sWithCalico: Tree = {
  ...Object.fromEntries(
    Object.entries(k3sNode).filter(([file]) => !file.startsWith('/var/lib/rancher/k3s/agent/etc')),
  ),
  [configPath]: 'flannel-backend: none\ndisable-network-policy: true\n',
  '/etc/cni/net.d/10-calico.conflist': JSON.stringify({
    name: 'k8s-pod-network',
    plugins: [{ type: 'calico', container_settings: { allow_ip_forwarding: true } }],
  }),
  '/opt/cni/bin/calico': { program: '' },
};

interface Case {
  readonly tree: Tree;
  readonly links?: readonly HostLink[];
  /** Of the packet filter, as iptables-save prints them. */
  readonly rules?: string;
  readonly finds: readonly string[];
}

const k3sFolder = '/var/lib/rancher/k3s/agent/etc/cni/net.d';

const cases: Readonly<Record<string, Case>> = {
  'nothing on a node as it has to be': {
    tree: microk8sNode,
    links: up('lo', 'eth0', 'vxlan.calico', 'cali0123456789a'),
    finds: [],
  },
  'a folder without a configuration': {
    tree: { ...kubeadm, '/etc/cni/net.d/10-flannel.conflist': '', '/etc/cni/net.d/README': '' },
    finds: ['cni-unusable /etc/cni/net.d/10-flannel.conflist'],
  },
  'no configuration at all': {
    tree: { '/var/lib/kubelet/kubeadm-flags.env': '', '/etc/cni/net.d/README': '' },
    finds: ['cni-none /etc/cni/net.d'],
  },
  'a configuration that is no JSON': {
    tree: changed({ 'args/cni-network/10-calico.conflist': '{' }),
    finds: [`cni-unusable ${conflist}`],
  },
  'a plugin without a type': {
    tree: changed({ 'args/cni-network/10-calico.conflist': '{"plugins":[{}]}' }),
    finds: [`cni-unusable ${conflist}`],
  },
  'a type that is a path': {
    tree: changed({ 'args/cni-network/10-calico.conflist': plugins('../../../bin/sh') }),
    finds: [`cni-unusable ${conflist}`],
  },
  'a program that is not there': {
    tree: changed({ 'args/cni-network/10-calico.conflist': plugins('calico', 'bandwidth') }),
    finds: [`cni-program-missing ${conflist}`],
  },
  'a program that is not executable': {
    tree: changed({ 'opt/cni/bin/portmap': 'x' }),
    finds: [`cni-program-not-executable ${data}/opt/cni/bin/portmap`],
  },
  'a configuration behind the one in force': {
    tree: changed({ 'args/cni-network/20-flannel.conflist': plugins('flannel') }),
    finds: [`cni-left-over-file ${folder}/20-flannel.conflist`],
  },
  'a left-over that comes first by name': {
    tree: changed({ 'args/cni-network/05-flannel.conflist': plugins('flannel') }),
    links: up('vxlan.calico', 'tunl0'),
    finds: [
      `cni-left-over-file ${conflist}`,
      `cni-left-over-interface ${folder}/05-flannel.conflist`,
      'flannel-no-subnet /var/snap/microk8s/common/run/flannel/subnet.env',
    ],
  },
  'interfaces of flannel beside Calico': {
    tree: microk8sNode,
    links: up('flannel.1', 'cni0', 'vxlan.calico'),
    finds: [`cni-left-over-interface ${conflist}`],
  },
  'no left-over in a tunl0 that the kernel made': {
    tree: kubeadm,
    links: [{ name: 'tunl0', isUp: false }, ...up('flannel.1', 'cni0')],
    finds: [],
  },
  'no left-over where Canal needs flannel': {
    tree: changed({
      'args/cni-network/10-calico.conflist': JSON.stringify({
        plugins: [{ type: 'calico', ipam: { type: 'host-local' } }],
      }),
    }),
    links: up('flannel.1'),
    finds: [],
  },
  'no left-over behind multus': {
    tree: changed({
      'args/cni-network/00-multus.conf': '{"type":"multus-shim"}',
      'opt/cni/bin/multus-shim': { program: '' },
    }),
    finds: [],
  },
  'that the interface of VXLAN is not there, for which cni.yaml asks': {
    tree: microk8sNode,
    links: up('lo', 'eth0'),
    finds: [`cni-no-tunnel ${conflist}`],
  },
  'that the interface of VXLAN for IPv6 is not there, for which cni.yaml asks': {
    tree: changed({
      'args/cni-network/cni.yaml': manifest
        .replace(/(CALICO_IPV6POOL_VXLAN\n.*value: )"Never"/, '$1"Always"')
        .replace(/(FELIX_IPV6SUPPORT\n.*value: )"false"/, '$1"true"'),
    }),
    links: up('lo', 'vxlan.calico'),
    finds: [`cni-no-tunnel ${conflist}`],
  },
  'that tunl0 is down, for which cni.yaml asks': {
    tree: changed({ 'args/cni-network/cni.yaml': ipipManifest }),
    links: [{ name: 'tunl0', isUp: false }, ...up('lo', 'eth0')],
    finds: [`cni-no-tunnel ${conflist}`],
  },
  'nothing where tunl0 is up, for which cni.yaml asks': {
    tree: changed({ 'args/cni-network/cni.yaml': ipipManifest }),
    links: up('lo', 'tunl0'),
    finds: [],
  },
  "chains of K3s' policy controller, which is switched off": {
    tree: k3sWithCalico,
    rules: leftRules,
    finds: ['cni-left-over-rules '],
  },
  'no left-over in the chains of a policy controller that runs': {
    tree: { ...k3sNode },
    rules: leftRules,
    finds: [],
  },
  'chains of kube-router beside flannel': {
    tree: kubeadm,
    rules: leftRules,
    finds: ['cni-left-over-rules '],
  },
  'nothing in the chains of kube-proxy and Felix': {
    tree: kubeadm,
    rules:
      '*filter\n:KUBE-FORWARD - [0:0]\n:cali-FORWARD - [0:0]\n-A FORWARD -j KUBE-FORWARD\nCOMMIT\n',
    finds: [],
  },
  'forwarding that is off': {
    tree: { ...kubeadm, '/proc/sys/net/ipv4/ip_forward': '0\n' },
    finds: ['forwarding-off /proc/sys/net/ipv4/ip_forward'],
  },
  'the folder of K3s with flannel': {
    tree: { ...k3sNode, [`${k3sFolder}/10-flannel.conflist`]: plugins('flannel', 'bandwidth') },
    finds: [`cni-program-missing ${k3sFolder}/10-flannel.conflist`],
  },
  "flannel's interfaces with another MTU and subnet than flannel calculated": {
    tree: kubeadm,
    links: [
      { name: 'flannel.1', isUp: true, mtu: 1500, addresses: ['10.244.9.0/32', 'fe80::1/64'] },
      { name: 'cni0', isUp: true, mtu: 1450, addresses: ['10.244.1.1/24', 'fe80::2/64'] },
    ],
    finds: [
      'flannel-mtu-differs /run/flannel/subnet.env',
      'flannel-subnet-differs /run/flannel/subnet.env',
    ],
  },
  "nothing on a node with flannel's interfaces as they have to be": {
    tree: kubeadm,
    links: [
      { name: 'flannel.1', isUp: true, mtu: 1450, vni: 1, addresses: ['10.244.1.0/32'] },
      { name: 'cni0', isUp: true, mtu: 1450, addresses: ['10.244.1.1/24'] },
    ],
    finds: [],
  },
  'a network and a VNI that flannel does not run with': {
    tree: {
      ...k3sNode,
      '/run/flannel/subnet.env': 'FLANNEL_NETWORK=10.99.0.0/16\nFLANNEL_SUBNET=10.99.0.1/24\n',
    },
    links: [{ name: 'flannel.7', isUp: true, vni: 7 }],
    finds: [
      'flannel-network-differs /var/lib/rancher/k3s/agent/etc/flannel/net-conf.json',
      'flannel-vni-differs /var/lib/rancher/k3s/agent/etc/flannel/net-conf.json',
    ],
  },
  'a node of K3s without the interface of flannel': {
    tree: k3sNode,
    links: up('lo', 'eth0'),
    finds: ['flannel-no-interface /var/lib/rancher/k3s/agent/etc/flannel/net-conf.json'],
  },
  'a node of K3s with two families, without the interface of flannel for IPv6': {
    tree: {
      ...k3sNode,
      [configPath]:
        'cluster-cidr: "10.42.0.0/16,2001:db8:42::/56"\nservice-cidr: "10.43.0.0/16,2001:db8:43::/112"\n',
      [netConfPath]: JSON.stringify({ ...netConf, IPv6Network: '2001:db8:42::/56' }),
    },
    links: up('lo', 'flannel.1'),
    finds: [`flannel-no-interface ${netConfPath}`],
  },
  'no IPv4 interface of flannel missing on a node of IPv6 alone': {
    tree: {
      ...k3sNode,
      [configPath]: 'cluster-cidr: "2001:db8:42::/56"\nservice-cidr: "2001:db8:43::/112"\n',
      [netConfPath]: JSON.stringify({
        ...netConf,
        ...{ Network: '0.0.0.0/0', IPv6Network: '2001:db8:42::/56' },
      }),
    },
    links: up('lo', 'flannel-v6.1'),
    finds: [],
  },
  "a node of K3s without flannel's interface of WireGuard": {
    tree: {
      ...k3sNode,
      [configPath]: 'flannel-backend: wireguard-native\n',
      [netConfPath]: JSON.stringify({ ...netConf, Backend: { Type: 'wireguard' } }),
    },
    links: up('lo', 'eth0'),
    finds: [`flannel-no-interface ${netConfPath}`],
  },
  'an interface from which nothing is forwarded, and IPv6 that is not forwarded': {
    tree: {
      ...kubeadm,
      '/proc/sys/net/ipv4/conf/cni0/forwarding': '0\n',
      '/proc/sys/net/ipv4/conf/flannel-v6.1/forwarding': '1\n',
      '/proc/sys/net/ipv6/conf/all/forwarding': '0\n',
    },
    links: up('cni0', 'flannel-v6.1'),
    finds: [
      'cni-forwarding-off /proc/sys/net/ipv4/conf/cni0/forwarding',
      'cni-forwarding-off /proc/sys/net/ipv6/conf/all/forwarding',
    ],
  },
  'a folder that cannot be read, and does not call it empty': {
    tree: {
      '/var/lib/kubelet/kubeadm-flags.env': '',
      '/etc/cni/net.d': { link: '/data/net.d' },
      '/data/net.d/10-calico.conflist': plugins('calico'),
    },
    finds: ['file-unreadable /etc/cni/net.d'],
  },
  'a configuration that cannot be read': {
    tree: {
      '/var/lib/kubelet/kubeadm-flags.env': '',
      '/etc/cni/net.d/10-calico.conflist': { link: '/data/10-calico.conflist' },
      '/data/10-calico.conflist': plugins('calico'),
    },
    finds: ['file-unreadable /etc/cni/net.d/10-calico.conflist'],
  },
  'a program of which it is not known whether it is there': {
    tree: {
      ...kubeadm,
      '/opt/cni/bin/portmap': { link: '/usr/lib/cni/portmap' },
      '/usr/lib/cni/portmap': { program: '' },
    },
    finds: ['file-unreadable /opt/cni/bin/portmap'],
  },
  'a folder of CNIs on K3s that cannot be read, once': {
    tree: {
      ...k3sNode,
      '/etc/cni/net.d': { link: '/data/not-mounted' },
      [configPath]: 'flannel-backend: none\n',
    },
    finds: ['file-unreadable /etc/cni/net.d'],
  },
  'the folder of K3s without flannel': {
    tree: { ...k3sNode, [configPath]: 'flannel-backend: none\n' },
    finds: ['cni-none /etc/cni/net.d'],
  },
};

describe('the CNI of a node', () => {
  for (const [name, { tree, links, rules, finds }] of Object.entries(cases)) {
    it(`finds ${name}`, async () => {
      expect(found(await platformOf(tree, undefined, links, rules))).to.deep.equal(finds);
    });
  }

  it('is shown with its file and its programs', async () => {
    const { properties } = await platformOf(microk8sNode);
    expect(properties.slice(-2)).to.deep.equal([
      { name: 'CNI', value: 'calico, portmap', file: conflist },
      { name: 'CNI programs', value: `${data}/opt/cni/bin` },
    ]);
  });

  it('is not read without a platform', async () => {
    const { properties, issues } = await platformOf({ '/etc/cni/net.d/README': '' });
    expect([properties, issues]).to.deep.equal([[], []]);
  });

  it('uses the output of ip', () => {
    const printed = [
      { ifindex: 1, ifname: 'lo', flags: ['LOOPBACK', 'UP'], operstate: 'UNKNOWN' },
      { ifindex: 2, ifname: 'tunl0', flags: ['NOARP'], operstate: 'DOWN' },
      { ifindex: 3 },
      'x',
    ];
    expect(parseLinks(printed)).to.deep.equal([
      { name: 'lo', isUp: true },
      { name: 'tunl0', isUp: false },
    ]);
    const vxlan = {
      ...{ ifname: 'flannel.1', flags: ['UP'], mtu: 1450 },
      linkinfo: { info_kind: 'vxlan', info_data: { id: 1, port: 8472 } },
      addr_info: [{ family: 'inet', local: '10.42.0.0', prefixlen: 32 }, 'x'],
    };
    expect(parseLinks([vxlan])).to.deep.equal([
      { name: 'flannel.1', isUp: true, mtu: 1450, vni: 1, addresses: ['10.42.0.0/32'] },
    ]);
  });
});
