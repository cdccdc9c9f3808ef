import { expect } from 'chai';
import { applyEdits } from '../../../../core/platform/edit/apply-edits.ts';
import { applyUndo, undoOf } from '../../../../core/platform/edit/undo.ts';
import { askMicroK8s, flanneld, microk8sInput } from '../../../support/platform/microk8s-input.ts';
import {
  args,
  cniYaml,
  controllerManager,
  kubeProxy,
  manifest,
} from '../../../support/platform/microk8s-node.ts';

/** In the form of PyYAML, which a refresh of the snap writes: no comments, keys sorted, lists not indented. */
const dumped = `apiVersion: v1
data:
  calico_backend: vxlan
  veth_mtu: '0'
kind: ConfigMap
metadata:
  name: calico-config
  namespace: kube-system
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: calico-node
  namespace: kube-system
spec:
  template:
    spec:
      containers:
      - env:
        - name: IP
          value: autodetect
        - name: IP_AUTODETECTION_METHOD
          value: can-reach=10.0.0.1
        - name: CALICO_IPV4POOL_VXLAN
          value: Always
        - name: CALICO_IPV4POOL_CIDR
          value: 10.1.0.0/16
        image: docker.io/calico/node:v3.29.3
        livenessProbe:
          exec:
            command:
            - /bin/calico-node
            - -felix-live
          periodSeconds: 10
        name: calico-node
        readinessProbe:
          exec:
            command:
            - /bin/calico-node
            - -felix-ready
          periodSeconds: 10
`;

const manifests: Readonly<Record<string, string>> = {
  'as the snap ships it': manifest,
  'of the release v3.21, with its own comments': manifest
    .replaceAll('v3.29.3', 'v3.21.4')
    .replace(
      '            - name: CALICO_IPV4POOL_VXLAN',
      '            #- name: CALICO_IPV4POOL_IPIP\n            #  value: "Always"\n            - name: CALICO_IPV4POOL_VXLAN',
    ),
  'as a refresh of the snap writes it': dumped,
  'with CRLF': manifest.replaceAll('\n', '\r\n'),
  'with a BOM': `\uFEFF${manifest}`,
  'in BGP mode by the document': manifest
    .replace('calico_backend: "vxlan"', 'calico_backend: "bird"')
    .replace('CALICO_IPV4POOL_VXLAN', 'CALICO_IPV4POOL_IPIP')
    .replace('- -felix-live', '- -bird-live')
    .replace('- -felix-ready', '- -bird-ready'),
  'without a final newline': manifest.trimEnd(),
};

const pools = 'pools:\n  - name: pods\n    cidr: 10.100.0.0/16\n    ipip: CrossSubnet\n';
const sections: Readonly<Record<string, string>> = {
  'the method': 'microk8s: { ipAutodetection: { ipv4: interface=eth0 } }\n',
  'BGP mode': `microk8s: { mode: bgp }\n${pools}`,
  'the way back to VXLAN': 'microk8s: { mode: vxlan }\n',
  'the pod range': `microk8s: { podCidr: 10.100.0.0/16 }\n${pools}`,
  'the MTU': 'microk8s: { mtu: 1440 }\n',
  'all of them': `microk8s: { mode: bgp, podCidr: 10.100.0.0/16, mtu: 1440, ipAutodetection: { ipv4: first-found } }\n${pools}`,
};

const missing = undefined;

function edit(
  text: string | undefined,
  path: string,
  section: string,
  input = microk8sInput(),
): string {
  const { files, issues } = askMicroK8s(section, input);
  expect(issues.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
  const applied = applyEdits(
    text,
    files.filter((file) => file.path === path),
  );
  if (!applied.ok) throw new Error(applied.fault.message);
  return applied.text ?? '';
}

/** The lines that are only in one of both. */
function changedLines(before: string, after: string): number {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  return (
    fresh.filter((line) => !old.includes(line)).length +
    old.filter((line) => !fresh.includes(line)).length
  );
}

describe('edits of cni.yaml', () => {
  for (const [form, text] of Object.entries(manifests)) {
    for (const [what, section] of Object.entries(sections)) {
      it(`set ${what} in a manifest ${form}, once, and their undo gives the same bytes`, () => {
        const input = microk8sInput({ 'cni.yaml': text });
        const edited = edit(text, cniYaml, section, input);
        const again = microk8sInput({ 'cni.yaml': edited });
        expect(edit(edited, cniYaml, section, again)).to.equal(edited);
        expect(applyUndo(edited, undoOf(text, edited)).text).to.equal(text);
        expect(changedLines(text, edited)).to.be.below(24);
        expect(edited.includes('\r\n')).to.equal(text.includes('\r\n'));
      });
    }
  }

  it('lead from BGP mode back to what was there', () => {
    const bgp = edit(manifest, cniYaml, sections['BGP mode'] ?? '');
    const back = edit(
      bgp,
      cniYaml,
      sections['the way back to VXLAN'] ?? '',
      microk8sInput({ 'cni.yaml': bgp }),
    );
    expect(back).to.include('calico_backend: "vxlan"').and.include('CALICO_IPV4POOL_VXLAN');
    expect(back).not.to.match(/^ *- -bird|POOL_IPIP/m);
  });

  it('refuse a value that an anchor shares, and say where', () => {
    const shared = manifest.replace('value: "first-found"', 'value: &method "first-found"');
    expect(() => edit(shared, cniYaml, sections['the method'] ?? '')).to.throw(
      'shared with other places',
    );
  });
});

describe('edits of arguments files', () => {
  const range = sections['the pod range'] ?? '';
  const forms: Readonly<Record<string, string>> = {
    'as the snap leaves it': kubeProxy,
    'without a final newline': kubeProxy.trimEnd(),
    'with the option three times': `--cluster-cidr=10.9.0.0/16\n--cluster-cidr 10.8.0.0/16\n${kubeProxy}`,
    'with variables and quotes': `--kubeconfig="\${SNAP_DATA}/x"\n--cluster-cidr="$RANGE"\n`,
    'without the option': '# nothing\n--v=2\n',
    'with CRLF': kubeProxy.replaceAll('\n', '\r\n'),
  };
  for (const [form, text] of Object.entries(forms)) {
    it(`set the pod range in a file ${form}, and their undo gives the same bytes`, () => {
      const path = `${args}/kube-proxy`;
      const edited = edit(text, path, range);
      expect(edited).to.match(/--cluster-cidr[= ]"?10\.100\.0\.0\/16/);
      expect(edit(edited, path, range)).to.equal(edited);
      expect(applyUndo(edited, undoOf(text, edited)).text).to.equal(text);
    });
  }

  it('set flannel up with the Kubernetes store: nothing of etcd stays', () => {
    const section = 'microk8s: { cni: flannel, podCidr: 10.1.0.0/16 }\n';
    const edited = edit(flanneld, `${args}/flanneld`, section);
    expect(edited).not.to.include('etcd');
    expect(edited).to.include(
      '--net-config-path=/var/snap/microk8s/current/args/flannel-network-mgr-config',
    );
    expect(edited.match(/--subnet-file/g)).to.have.length(1);
    expect(applyUndo(edited, undoOf(flanneld, edited)).text).to.equal(flanneld);
    const manager = edit(controllerManager, `${args}/kube-controller-manager`, section);
    expect(manager).to.include('--allocate-node-cidrs=true');
    expect(edit(missing, `${args}/flannel-network-mgr-config`, section)).to.equal(
      '{"Network": "10.1.0.0/16", "Backend": {"Type": "vxlan"}}\n',
    );
  });
});
