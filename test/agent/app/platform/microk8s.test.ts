import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { platformText } from '../../../../agent/cli/platform/platform.ts';
import { printableData } from '../../../../core/printable.ts';
import { found, platformOf, type Tree } from '../../../support/platform/host-tree.ts';
import {
  args,
  changed,
  cniYaml,
  controllerManager,
  data,
  kubelet,
  kubeProxy,
  manifest,
  microk8sNode,
} from '../../../support/platform/microk8s-node.ts';

function lineWith(text: string, part: string): number {
  const index = text.split('\n').findIndex((line) => line.includes(part));
  if (index < 0) throw new Error(`no line has ${part}`);
  return index + 1;
}

/** cni.yaml with some texts replaced. */
function edited(...edits: readonly (readonly [string, string])[]): string {
  return edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`no ${from}`);
    return text.replace(from, to);
  }, manifest);
}

const cni = (text: string): Tree => changed({ 'args/cni-network/cni.yaml': text });
const bird = ['calico_backend: "vxlan"', 'calico_backend: "bird"'] as const;
const ipip = ['name: CALICO_IPV4POOL_VXLAN', 'name: CALICO_IPV4POOL_IPIP'] as const;
const live = ['# - -bird-live', '- -bird-live'] as const;
const ready = ['# - -bird-ready', '- -bird-ready'] as const;
const methodLine = lineWith(manifest, '"first-found"');
const liveLine = lineWith(manifest, '- /bin/calico-node');

interface Case {
  readonly tree: Tree;
  readonly finds: readonly string[];
}

const flanneld = '--iface=""\n--ip-masq=true\n--kube-subnet-mgr=true\n';
const reach = (text: string): string => edited(['value: "first-found"', `value: "${text}"`]);
const reach6 = edited([
  '            - name: CALICO_IPV4POOL_VXLAN',
  '            - name: IP6_AUTODETECTION_METHOD\n              value: "can-reach=10.0.0.1"\n            - name: CALICO_IPV4POOL_VXLAN',
]);

const cases: Readonly<Record<string, Case>> = {
  'a node as the snap leaves it': { tree: microk8sNode, finds: [] },
  'BGP mode as it has to be': { tree: cni(edited(bird, ipip, live, ready)), finds: [] },
  'BGP mode without its probes': {
    tree: cni(edited(bird, ipip)),
    finds: [
      `cni-bird-probe ${cniYaml}:${String(liveLine)}`,
      `cni-bird-probe ${cniYaml}:${String(lineWith(manifest, 'readinessProbe') + 3)}`,
    ],
  },
  'probes that were replaced, as the document says': {
    tree: cni(edited(bird, ipip, ['- -felix-live', '- -bird-live'], ready)),
    finds: [`cni-felix-probe ${cniYaml}:${String(liveLine)}`],
  },
  'probes of BIRD without BIRD': {
    tree: cni(edited(ready)),
    finds: [
      `cni-probe-without-bird ${cniYaml}:${String(lineWith(manifest, 'readinessProbe') + 3)}`,
    ],
  },
  'BIRD with a pool in VXLAN': {
    tree: cni(edited(bird, live, ready)),
    finds: [`cni-vxlan-with-bird ${cniYaml}:${String(lineWith(manifest, 'POOL_VXLAN') + 1)}`],
  },
  'IPIP without BIRD': {
    tree: cni(edited(ipip)),
    finds: [`cni-ipip-without-bird ${cniYaml}:${String(lineWith(manifest, 'POOL_VXLAN') + 1)}`],
  },
  'both encapsulations': {
    tree: cni(
      edited(
        ['name: CALICO_IPV6POOL_VXLAN', 'name: CALICO_IPV4POOL_IPIP'],
        ['"Never"', '"Always"'],
      ),
    ),
    finds: [`cni-two-encapsulations ${cniYaml}:${String(lineWith(manifest, '"Never"'))}`],
  },
  'what microk8s join wrote, as a note': { tree: cni(reach('can-reach=10.0.0.1')), finds: [] },
  'what microk8s join wrote for IPv6': {
    tree: cni(reach6),
    finds: [`cni-can-reach-family ${cniYaml}:${String(lineWith(reach6, 'can-reach=10.0.0.1'))}`],
  },
  'a method that Calico does not know': {
    tree: cni(reach('interfaces=eth0')),
    finds: [`cni-autodetection ${cniYaml}:${String(methodLine)}`],
  },
  'a pod range that only cni.yaml and kube-proxy know, as the document says': {
    tree: changed({
      'args/cni-network/cni.yaml': edited(['10.1.0.0/16', '10.100.0.0/16']),
      'args/kube-proxy': kubeProxy.replace('10.1.0.0/16', '10.100.0.0/16'),
    }),
    finds: [`microk8s-pod-range-differs ${args}/kube-controller-manager:3`],
  },
  "the document's example with its comment": {
    tree: changed({
      'args/kube-proxy': kubeProxy.replace('10.1.0.0/16', '10.1.0.0/16     # Change "10.1.0.0/16"'),
    }),
    finds: [`microk8s-trailing-comment ${args}/kube-proxy:2`],
  },
  'two spaces between arguments': {
    tree: changed({ 'args/kubelet': `${kubelet}--v  2\n` }),
    finds: [`microk8s-empty-argument ${args}/kubelet:4`],
  },
  'an option three times, without a final newline': {
    tree: changed({
      'args/kube-proxy': `--cluster-cidr=10.9.0.0/16\n--cluster-cidr 10.8.0.0/16\n${kubeProxy.trim()}`,
    }),
    finds: [
      `microk8s-option-twice ${args}/kube-proxy:1`,
      `microk8s-option-twice ${args}/kube-proxy:2`,
    ],
  },
  'service ranges that differ': {
    tree: changed({
      'args/kube-controller-manager': controllerManager.replace('10.152.183.0', '10.152.0.0'),
    }),
    finds: [`microk8s-service-range-differs ${args}/kube-controller-manager:4`],
  },
  'flannel that the lock keeps from starting': {
    tree: changed({ 'args/flanneld': flanneld }),
    finds: [`microk8s-flannel-locked ${data}/var/lock/no-flanneld`],
  },
  'arguments of etcd beside the Kubernetes store': {
    tree: changed({ 'args/flanneld': `--etcd-endpoints=https://127.0.0.1:12379\n${flanneld}` }),
    finds: [
      `microk8s-flannel-locked ${data}/var/lock/no-flanneld`,
      `microk8s-flannel-etcd ${args}/flanneld:1`,
    ],
  },
  'arguments of flannel from a shell without SNAP_DATA': {
    tree: changed({
      'args/flanneld': '--ip-masq=true\n--kubeconfig-file=/credentials/kubelet.config\n',
    }),
    finds: [`microk8s-snap-data-unset ${args}/flanneld:2`],
  },
  'a file that a command without SNAP_DATA made': {
    tree: { ...microk8sNode, '/run/lock/cni-loaded': '' },
    finds: ['microk8s-snap-data-unset /run/lock/cni-loaded'],
  },
  'a refresh that replaced cni.yaml': {
    tree: changed({
      'args/cni-network/cni.yaml.backup': edited(
        bird,
        ['calico/node:v3.29.3', 'calico/node:v3.21.4'],
        ['veth_mtu: "0"', 'veth_mtu: "8950"'],
      ),
    }),
    finds: [`cni-replaced ${cniYaml}:${String(lineWith(manifest, 'calico_backend'))}`],
  },
  'a backup of the same release, which join makes': {
    tree: changed({ 'args/cni-network/cni.yaml.backup': reach('can-reach=10.0.0.1') }),
    finds: [],
  },
  'a cni.yaml that is no YAML': {
    tree: cni('this is not the file\n'),
    finds: [`cni-no-daemonset ${cniYaml}`],
  },
  'broken YAML where Calico is': {
    tree: cni(edited(['value: "autodetect"', 'value: "autodetect'])),
    finds: [`yaml-syntax ${cniYaml}:${String(lineWith(manifest, '"autodetect"'))}`],
  },
  'a tab': {
    tree: cni(edited(['              value: "autodetect"', '\t\tvalue: "autodetect"'])),
    finds: [
      `yaml-tab ${cniYaml}:${String(lineWith(manifest, '"autodetect"'))}`,
      `yaml-syntax ${cniYaml}:${String(lineWith(manifest, '"autodetect"') + 1)}`,
    ],
  },
  'two DaemonSets': {
    tree: cni(`${manifest}---\n${manifest.split('---\n').at(-1) ?? ''}`),
    finds: [
      `cni-two-daemonsets ${cniYaml}:${String(manifest.split('\n').length + lineWith(manifest.split('---\n').at(-1) ?? '', 'name: calico-node'))}`,
    ],
  },
  'nothing with anchors, CRLF and a BOM': {
    tree: cni(
      `\uFEFF${edited(['value: "Always"', 'value: &mode "Always"']).replaceAll('\n', '\r\n')}`,
    ),
    finds: [],
  },
  'a file of 3 MiB': {
    tree: cni(`${manifest}# ${'x'.repeat(3 * 1024 * 1024)}\n`),
    finds: [`too-large ${cniYaml}`],
  },
  'a file of 5 MiB': {
    tree: cni(`${manifest}# ${'x'.repeat(5 * 1024 * 1024)}\n`),
    finds: [`file-unreadable ${cniYaml}`],
  },
  'a link to a file that the agent does not read': {
    tree: { ...changed({ 'args/kube-proxy': { link: '/etc/shadow' } }), '/etc/shadow': 'secret' },
    finds: [`file-unreadable ${args}/kube-proxy`],
  },
};

describe('platform on a node with MicroK8s', () => {
  for (const [name, { tree, finds }] of Object.entries(cases)) {
    it(`finds ${name}`, async () => {
      expect(found(await platformOf(tree))).to.deep.equal(finds);
    });
  }

  it('shows the effect of join', async () => {
    const { issues } = await platformOf(cni(reach('can-reach=10.0.0.1')));
    expect(issues).to.have.nested.property('[0].code', 'cni-can-reach');
    expect(issues).to.have.nested.property('[0].line', methodLine);
  });

  it('reads the last option, expands variables of the snap, and shows text that bash evaluates as text', async () => {
    const { values } = await platformOf(
      changed({
        'args/kubelet': '--resolv-conf=$SNAP_DATA/a\n--resolv-conf ${SNAP_COMMON}/$OTHER\n# x\n',
        'args/containerd': '# bash\n--config $(cat /etc/shadow)\n',
        'args/etcd': '--initial-cluster-token=a-secret\n',
      }),
    );
    expect(JSON.stringify(values)).not.to.contain('a-secret');
    const shown = (name: string): unknown => values.find((value) => value.name === name);
    expect(shown('kubelet --resolv-conf')).to.deep.equal({
      name: 'kubelet --resolv-conf',
      value: '/var/snap/microk8s/common/$OTHER',
      from: [{ kind: 'file', file: `${args}/kubelet`, line: 2 }],
    });
    expect(shown('containerd (bash)')).to.include({ value: '--config $(cat /etc/shadow)' });
  });

  it('shows no lock as unset whose folder cannot be read', async () => {
    const tree = Object.entries(microk8sNode).filter(([file]) => !file.includes('/var/lock/'));
    const locks = { [`${data}/var/lock`]: { link: '/data/lock' }, '/data/lock/no-flanneld': '' };
    const platform = await platformOf({ ...Object.fromEntries(tree), ...locks });
    expect(platform.locks).to.deep.equal([]);
    expect(found(platform)).to.deep.equal([`file-unreadable ${data}/var/lock`]);
  });

  it("reads the channel from snapd's state, and nothing else", async () => {
    const platform = await platformOf(microk8sNode);
    expect(platform.properties).to.deep.include({
      name: 'channel',
      value: '1.32/stable',
      file: '/var/lib/snapd/state.json',
    });
    expect(JSON.stringify(platform)).not.to.contain('a-secret');
  });

  it('prints what docs/microk8s.md shows', async () => {
    const document = await readFile(
      new URL('../../../../docs/microk8s.md', import.meta.url),
      'utf8',
    );
    const example = changed({
      'args/cni-network/cni.yaml': edited(
        bird,
        ['value: "first-found"', 'value: "can-reach=10.0.0.1"'],
        ['10.1.0.0/16', '10.100.0.0/16'],
        ['- -felix-live', '- -bird-live'],
        ready,
        ipip,
      ),
      'args/kube-proxy': kubeProxy.replace('10.1.0.0/16', '10.100.0.0/16'),
    });
    const text = platformText(printableData(await platformOf(example)));
    expect(document).to.contain(`\`\`\`text\n${text}\n\`\`\``);
  });
});
