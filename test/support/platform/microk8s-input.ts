/** What the agent reads on the MicroK8s node of microk8s-node.ts, and what a configuration asks of it. */
import { parseConfig } from '../../../core/config/parse.ts';
import { nothingDesired, type PlatformDesired } from '../../../core/platform/desired-platform.ts';
import type { ObservedPlatform } from '../../../core/platform/observed-platform.ts';
import type { HostFile } from '../../../core/platform/host-file.ts';
import { desiredMicroK8s } from '../../../core/platform/microk8s/desired-microk8s.ts';
import type { MicroK8sInput } from '../../../core/platform/microk8s/report-microk8s.ts';
import { args, cniYaml, controllerManager, kubelet, kubeProxy, manifest } from './microk8s-node.ts';

export const flanneld = `--iface=""
--etcd-endpoints=https://127.0.0.1:12379
--etcd-cafile=\${SNAP_DATA}/certs/ca.crt
--etcd-certfile=\${SNAP_DATA}/certs/server.crt
--etcd-keyfile=\${SNAP_DATA}/certs/server.key
--subnet-file=\${SNAP_COMMON}/run/flannel/subnet.env
--ip-masq=true
`;

const texts: Readonly<Record<string, string>> = {
  kubelet,
  'kube-proxy': kubeProxy,
  'kube-controller-manager': controllerManager,
  'kube-apiserver': '--service-cluster-ip-range=10.152.183.0/24\n',
  flanneld,
};

function hostText(path: string, text: string): HostFile {
  return { state: 'text', path, text };
}

/** @param changed texts of arguments files, and of `cni.yaml` */
export function microk8sInput(changed: Readonly<Record<string, string>> = {}): MicroK8sInput {
  const all = { ...texts, ...changed };
  return {
    snapYaml: hostText(
      '/snap/microk8s/current/meta/snap.yaml',
      'name: microk8s\nversion: v1.32.3\n',
    ),
    snapdState: { state: 'absent', path: '/var/lib/snapd/state.json' },
    hidden: [],
    lockNames: ['ha-cluster', 'cni-loaded', 'no-flanneld'],
    arguments: Object.fromEntries(
      Object.keys(texts).map((name) => [name, hostText(`${args}/${name}`, all[name] ?? '')]),
    ),
    manifest: hostText(cniYaml, all['cni.yaml'] ?? manifest),
    backup: { state: 'absent', path: `${cniYaml}.backup` },
    strays: [],
  };
}

/** @param sections of a NetworkConfig for MicroK8s */
export function askMicroK8s(sections: string, input = microk8sInput()): PlatformDesired {
  const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\nplatform: microk8s\n';
  const parsed = parseConfig(`${head}${sections}`);
  if (!parsed.ok) return { ...nothingDesired, issues: parsed.issues };
  const { platform } = parsed.model;
  if (platform?.kind !== 'microk8s') throw new Error('no section microk8s');
  return desiredMicroK8s(platform.settings, observedMicroK8s(input));
}

export function observedMicroK8s(microk8s: MicroK8sInput): ObservedPlatform {
  const report = {
    platform: 'microk8s' as const,
    because: [],
    also: [],
    properties: [],
    values: [],
    issues: [],
  };
  return { report, microk8s, files: [], notes: [], dueRestarts: [] };
}
