import { expect } from 'chai';
import { formatIssue } from '../../../../../core/issue-text.ts';
import {
  mergeId,
  mergeManifests,
  type MergedManifests,
} from '../../../../../core/platform/microk8s/merge/merge-manifests.ts';
import { manifest } from '../../../../support/platform/microk8s-node.ts';

function replaced(text: string, ...pairs: readonly (readonly [string, string])[]): string {
  return pairs.reduce((one, [from, to]) => {
    if (!one.includes(from)) throw new Error(`no ${from}`);
    return one.replace(from, to);
  }, text);
}

const newer = replaced(
  manifest,
  ['node:v3.29.3', 'node:v3.30.1'],
  ['cni:v3.29.3', 'cni:v3.30.1'],
  ['"cniVersion": "0.3.1"', '"cniVersion": "1.0.0"'],
  [
    '            - name: FELIX_IPV6SUPPORT',
    '            - name: FELIX_HEALTHENABLED\n              value: "true"\n            - name: FELIX_IPV6SUPPORT',
  ],
);

function merge(mine: string, shipped = newer, before = manifest): MergedManifests {
  return mergeManifests({
    before: { file: '/shipped-before', text: before },
    mine: { file: '/cni.yaml', text: mine },
    shipped: { file: '/shipped', text: shipped },
  });
}

/** `ID: shipped -> carried`, and `ID: before | mine | shipped` for a conflict. */
function told({ carried, conflicts, issues }: MergedManifests): readonly string[] {
  const shown = (value: unknown): string => (value === undefined ? '-' : JSON.stringify(value));
  return [
    ...carried.map(
      (one) =>
        `${mergeId(one).replace(/^.*calico-node\/env/, 'env')}: ${shown(one.shipped)} -> ${shown(one.value)}`,
    ),
    ...conflicts.map(
      (one) =>
        `${mergeId(one).replace(/^.*calico-node\/env/, 'env')}: ${shown(one.before)} | ${shown(one.mine)} | ${shown(one.shipped)}`,
    ),
    ...issues.map(({ file = '', ...one }) => formatIssue({ ...one, pointer: '' }, file)),
  ];
}

describe('a merge of three manifests of Calico', () => {
  it('carries nothing over where nobody changed cni.yaml', () => {
    expect(told(merge(manifest))).to.deep.equal([]);
    expect(told(merge(newer))).to.deep.equal([]);
  });

  it('carries BGP mode, the pod range and the method of join over', () => {
    const mine = replaced(
      manifest,
      ['calico_backend: "vxlan"', 'calico_backend: "bird"'],
      ['"first-found"', '"can-reach=10.0.0.1"'],
      ['name: CALICO_IPV4POOL_VXLAN', 'name: CALICO_IPV4POOL_IPIP'],
      ['10.1.0.0/16', '10.100.0.0/16'],
      ['# - -bird-live', '- -bird-live'],
    );
    expect(told(merge(mine))).to.deep.equal([
      'ConfigMap/kube-system/calico-config/data/calico_backend: "vxlan" -> "bird"',
      'env/IP_AUTODETECTION_METHOD/value: "first-found" -> "can-reach=10.0.0.1"',
      'env/CALICO_IPV4POOL_VXLAN: {"name":"CALICO_IPV4POOL_VXLAN","value":"Always"} -> -',
      'env/CALICO_IPV4POOL_CIDR/value: "10.1.0.0/16" -> "10.100.0.0/16"',
      'env/CALICO_IPV4POOL_IPIP: - -> {"name":"CALICO_IPV4POOL_IPIP","value":"Always"}',
      'DaemonSet/kube-system/calico-node/spec/template/spec/containers/calico-node/livenessProbe/exec/command/-bird-live: - -> "-bird-live"',
    ]);
  });

  it('reads a file that a refresh of the snap wrote anew, without comments and in another order', () => {
    const written = `apiVersion: v1
data:
  calico_backend: bird
  cni_network_config: '{ "name": "k8s-pod-network", "cniVersion": "0.3.1", "plugins": [] }'
  typha_service_name: none
  veth_mtu: '0'
kind: ConfigMap
metadata:
  name: calico-config
  namespace: kube-system
---
${manifest.split('---\n').slice(2).join('---\n')}`;
    expect(told(merge(written))).to.deep.equal([
      'ConfigMap/kube-system/calico-config/data/calico_backend: "vxlan" -> "bird"',
    ]);
  });

  it('takes the registry of one side and the tag of the other', () => {
    const mine = replaced(manifest, ['docker.io/calico/node', 'registry.lan:5000/calico/node']);
    expect(told(merge(mine))).to.deep.equal([
      'DaemonSet/kube-system/calico-node/spec/template/spec/containers/calico-node/image: "docker.io/calico/node:v3.30.1" -> "registry.lan:5000/calico/node:v3.30.1"',
    ]);
  });

  it('asks a person about a field that both changed', () => {
    const mine = replaced(manifest, ['node:v3.29.3', 'node:v3.29.9'], ['"0.3.1"', '"0.4.0"']);
    expect(told(merge(mine))).to.deep.equal([
      `ConfigMap/kube-system/calico-config/data/cni_network_config: ${['0.3.1', '0.4.0', '1.0.0'].map((version) => JSON.stringify(`{ "name": "k8s-pod-network", "cniVersion": "${version}", "plugins": [] }`)).join(' | ')}`,
      'DaemonSet/kube-system/calico-node/spec/template/spec/containers/calico-node/image: "docker.io/calico/node:v3.29.3" | "docker.io/calico/node:v3.29.9" | "docker.io/calico/node:v3.30.1"',
    ]);
  });

  it('merges a text of several lines of which each side changed another line', () => {
    const config = (lines: string): string =>
      `kind: ConfigMap\nmetadata:\n  name: calico-config\ndata:\n  cni_network_config: |-\n${lines.replaceAll(/^/gm, '    ')}\n`;
    const before = config('{\n"log_level": "info",\n"a": 1,\n"b": 2,\n"type": "calico-ipam"\n}');
    const mine = config(
      '{\n"log_level": "info",\n"a": 1,\n"b": 2,\n"assign_ipv6": "true",\n"type": "calico-ipam"\n}',
    );
    const shipped = config('{\n"log_level": "error",\n"a": 1,\n"b": 2,\n"type": "calico-ipam"\n}');
    const [only] = merge(mine, shipped, before).carried;
    expect(only?.isCombined).to.equal(true);
    expect(only?.value).to.equal(
      '{\n"log_level": "error",\n"a": 1,\n"b": 2,\n"assign_ipv6": "true",\n"type": "calico-ipam"\n}',
    );
  });

  it('carries objects over that people added or took away', () => {
    const own = 'kind: ConfigMap\nmetadata:\n  name: own\ndata:\n  a: "1"\n';
    const without = manifest.replace(/apiVersion: apiextensions[^-]*---\n/, '');
    expect(told(merge(`${without}---\n${own}`))).to.deep.equal([
      `CustomResourceDefinition/bgppeers.crd.projectcalico.org: ${JSON.stringify({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'bgppeers.crd.projectcalico.org' } })} -> -`,
      'ConfigMap/own: - -> {"kind":"ConfigMap","metadata":{"name":"own"},"data":{"a":"1"}}',
    ]);
  });

  it('takes an object for the same one when the release moves its API version', () => {
    const budget = (version: string): string =>
      `apiVersion: ${version}\nkind: PodDisruptionBudget\nmetadata:\n  name: calico-kube-controllers\nspec:\n  maxUnavailable: 1\n`;
    const before = budget('policy/v1beta1');
    const shipped = budget('policy/v1');
    const mine = before.replace('maxUnavailable: 1', 'maxUnavailable: 2');
    expect(told(merge(mine, shipped, before))).to.deep.equal([
      'PodDisruptionBudget/calico-kube-controllers/spec/maxUnavailable: 1 -> 2',
    ]);
  });

  const faulty: Readonly<Record<string, readonly [string, string]>> = {
    'a tab': [
      replaced(manifest, ['  veth_mtu', '\tveth_mtu']),
      '/cni.yaml:12:1: error: broken YAML: tabs are not allowed as indentation [yaml-tab]',
    ],
    'no YAML': [
      'kind: ConfigMap\nmetadata: [\n',
      '/cni.yaml:2:11: error: broken YAML: the bracket that opens here is not closed [yaml-syntax]',
    ],
    'an alias without its anchor': [
      replaced(manifest, ['veth_mtu: "0"', 'veth_mtu: *mtu']),
      '/cni.yaml:12:13: error: there is no anchor &mtu before this alias [yaml-alias]',
    ],
    'two DaemonSets': [
      `${manifest}---\n${manifest.split('---\n').at(-1) ?? ''}`,
      '/cni.yaml:68: error: DaemonSet/kube-system/calico-node is here for the second time, after line 22: the last one is applied over the first [manifest-object-twice]',
    ],
    'a document that is no object': [
      `${manifest}---\n- 1\n`,
      '/cni.yaml:67: error: this document is no object of Kubernetes: it needs kind and metadata.name [manifest-no-object]',
    ],
    '5 MB': [
      `${manifest}# ${'x'.repeat(5 * 1024 * 1024)}\n`,
      '/cni.yaml: error: it is larger than 1048576 bytes, and is not read [too-large]',
    ],
  };
  for (const [name, [mine, expected]] of Object.entries(faulty)) {
    it(`refuses ${name}, with file and line, and merges nothing`, () => {
      const merged = merge(mine);
      expect(told(merged)[0]?.split('\n')[0]).to.equal(expected);
      expect(merged.carried).to.deep.equal([]);
    });
  }

  it('reads CRLF, a BOM, and anchors', () => {
    const mine = `\uFEFF${manifest
      .replace('"first-found"', '&method "first-found"')
      .replaceAll('\n', '\r\n')}`;
    expect(told(merge(mine))).to.deep.equal([]);
  });
});
