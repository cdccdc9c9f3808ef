import { expect } from 'chai';
import { planPlatform } from '../../../../core/plan/platform/plan-platform.ts';
import { parseConfig } from '../../../../core/config/parse.ts';
import type { HostChange } from '../../../../core/plan/plan.ts';
import type { FileNote } from '../../../../core/platform/observed-platform.ts';
import { microk8sInput, observedMicroK8s } from '../../../support/platform/microk8s-input.ts';
import { cniYaml } from '../../../support/platform/microk8s-node.ts';

/** The workloads of MicroK8s' manifest, in its layout. */
const manifest = `---
kind: ConfigMap
apiVersion: v1
metadata:
  name: calico-config
  namespace: kube-system
data:
  calico_backend: "vxlan"
---
kind: DaemonSet
apiVersion: apps/v1
metadata:
  name: calico-node
  namespace: kube-system
spec:
  template:
    spec:
      hostNetwork: true
      initContainers:
        # Installs the plugins.
        - name: upgrade-ipam
          image: docker.io/calico/cni:v3.29.3
          imagePullPolicy: IfNotPresent
        - name: install-cni
          image: docker.io/calico/cni:v3.29.3
      containers:
        - name: calico-node
          image: docker.io/calico/node:v3.29.3 # the pin
          env:
            - name: IP
              value: "autodetect"
          livenessProbe:
            exec:
              command:
                - /bin/calico-node
                - -felix-live
          readinessProbe:
            exec:
              command:
                - /bin/calico-node
                - -felix-ready
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: calico-kube-controllers
  namespace: kube-system
spec:
  template:
    spec:
      containers:
        - name: calico-kube-controllers
          image: docker.io/calico/kube-controllers:v3.29.3
`;

type FileChange = Extract<HostChange, { readonly action: 'edit-file' }>;

function plan(
  section: string,
  text = manifest,
  notes: readonly FileNote[] = [],
): { readonly change?: FileChange; readonly issues: readonly string[] } {
  const parsed = parseConfig(
    `apiVersion: calico-agent/v1\nkind: NetworkConfig\nplatform: microk8s\n${section}`,
  );
  if (!parsed.ok) throw new Error(parsed.issues.map(({ message }) => message).join('\n'));
  const observed = observedMicroK8s(microk8sInput({ 'cni.yaml': text }));
  const { steps, issues } = planPlatform(parsed.model.platform, {
    ...observed,
    files: [{ state: 'text', path: cniYaml, text }],
    notes,
  });
  const change = steps
    .flatMap(({ changes }) => changes)
    .find((one): one is FileChange => one.action === 'edit-file' && one.path === cniYaml);
  return { ...(change && { change }), issues: issues.map(({ code }) => code) };
}

function after(section: string, text = manifest, notes: readonly FileNote[] = []): string {
  const { change, issues } = plan(section, text, notes);
  if (change?.content?.after === undefined) throw new Error(`no change: ${issues.join()}`);
  return change.content.after;
}

/** What the first configuration leaves: the text, and the note of the way back. */
function applied(section: string): { readonly text: string; readonly notes: readonly FileNote[] } {
  const { change } = plan(section);
  const { content } = change ?? {};
  if (content?.after === undefined || content.note === undefined) throw new Error('no change');
  return { text: content.after, notes: [content.note] };
}

function changedLines(text: string): readonly string[] {
  const before = new Set(manifest.split('\n'));
  return text
    .split('\n')
    .filter((line) => !before.has(line))
    .map((line) => line.trim().replaceAll('"', ''));
}

describe('images in cni.yaml', () => {
  it('moves every image to the registry, and keeps versions and comments', () => {
    const text = after('images: {registry: "registry.example:5000/mirror"}\n');
    expect(changedLines(text)).to.deep.equal([
      'image: registry.example:5000/mirror/calico/cni:v3.29.3',
      'image: registry.example:5000/mirror/calico/cni:v3.29.3',
      'image: registry.example:5000/mirror/calico/node:v3.29.3 # the pin',
      'image: registry.example:5000/mirror/calico/kube-controllers:v3.29.3',
    ]);
    expect(text).to.include('# Installs the plugins.');
  });

  it('names the secret in both workloads', () => {
    const text = after('images: {pullSecret: registry-credentials}\n');
    expect(text.match(/imagePullSecrets:\n\s+- name: registry-credentials/gu)).to.have.length(2);
  });

  it('gives the reason of each value', () => {
    const { change } = plan('images: {registry: a.b, node: "calico/node:v3.29.4"}\n');
    expect(
      change?.fields.map(({ after: value, reasons }) => [
        value,
        reasons.map(({ rule }) => rule).join(),
      ]),
    ).to.deep.equal([
      ['a.b/calico/node:v3.29.4', 'images node,images registry'],
      ['a.b/calico/cni:v3.29.3', 'images registry'],
      ['a.b/calico/cni:v3.29.3', 'images registry'],
      ['a.b/calico/kube-controllers:v3.29.3', 'images registry'],
    ]);
  });

  it('plans nothing twice, also with a list that it made', () => {
    const section = 'images: {registry: a.b, pullSecret: registry-credentials}\n';
    const { text, notes } = applied(section);
    expect(plan(section, text, notes)).to.deep.equal({ issues: [] });
  });

  it('begins from the first image when the settings change, and ends with the first bytes', () => {
    const { text, notes } = applied('images: {registry: a.b, version: v3.30.0, pullSecret: x}\n');
    const next = after('images: {registry: c.d}\n', text, notes);
    expect(changedLines(next)).to.include('image: c.d/calico/kube-controllers:v3.29.3');
    expect(next).to.not.include('v3.30.0').and.not.include('imagePullSecrets');
    expect(after('microk8s: {mtu: 1450}\n', text, notes)).to.include(
      'image: docker.io/calico/node:v3.29.3 # the pin',
    );
  });

  it('refuses the image of a workload that the file does not have', () => {
    const section = 'images: {typha: "calico/typha:v3.29.3"}\n';
    expect(plan(section).issues).to.deep.equal(['microk8s-place-missing']);
  });
});
