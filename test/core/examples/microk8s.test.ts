/** The edits that every node of an example for MicroK8s gets. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseConfig } from '../../../core/config/parse.ts';
import { applyEdits } from '../../../core/platform/edit/apply-edits.ts';
import { desiredMicroK8s } from '../../../core/platform/microk8s/desired-microk8s.ts';
import { microk8sInput, observedMicroK8s } from '../../support/platform/microk8s-input.ts';
import { args, cniYaml, manifest } from '../../support/platform/microk8s-node.ts';

const folder = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** Files below args, with lines that they have afterwards. */
const gets: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'microk8s-bgp': {
    'cni-network/cni.yaml': [
      'calico_backend: "bird"',
      'value: "cidr=10.0.0.0/24"',
      '- -felix-live',
      '- -bird-live',
      '- name: CALICO_IPV4POOL_IPIP',
      'value: CrossSubnet',
    ],
  },
  'microk8s-pod-cidr': {
    'cni-network/cni.yaml': ['value: "10.100.0.0/16"'],
    'kube-proxy': ['--cluster-cidr=10.100.0.0/16'],
    'kube-controller-manager': ['--cluster-cidr=10.100.0.0/16'],
  },
  'microk8s-flannel': {
    'kube-controller-manager': ['--cluster-cidr=10.1.0.0/16', '--allocate-node-cidrs=true'],
    flanneld: ['--kube-subnet-mgr=true'],
    'flanneld-env': ['NODE_NAME=$(hostname | tr A-Z a-z)'],
    'flannel-network-mgr-config': ['{"Network": "10.1.0.0/16", "Backend": {"Type": "vxlan"}}'],
  },
};

for (const [example, files] of Object.entries(gets)) {
  describe(`the nodes of the example ${example}`, () => {
    const config = parseConfig(readFileSync(`${folder}${example}/config.yaml`, 'utf8'));
    if (!config.ok || config.model.platform?.kind !== 'microk8s')
      throw new Error('microk8s expected');
    const input = microk8sInput();
    const desired = desiredMicroK8s(config.model.platform.settings, observedMicroK8s(input));

    it('are accepted without a warning', () => {
      expect(desired.issues.filter(({ severity }) => severity !== 'note')).to.deep.equal([]);
    });

    it('get files with these lines, and no others', () => {
      const paths = [...new Set(desired.files.map(({ path }) => path))];
      expect(paths.map((path) => path.replace(`${args}/`, '')).toSorted()).to.deep.equal(
        Object.keys(files).toSorted(),
      );
      for (const path of paths) {
        const name = path.replace(`${args}/`, '');
        const before = path === cniYaml ? manifest : input.arguments[name];
        const text =
          typeof before === 'string' ? before : before?.state === 'text' ? before.text : undefined;
        const applied = applyEdits(
          text,
          desired.files.filter((edit) => edit.path === path),
        );
        const lines = (applied.ok ? (applied.text ?? '') : '')
          .split('\n')
          .map((line) => line.trim());
        expect(lines).to.include.members([...(files[name] ?? [])]);
      }
    });
  });
}
