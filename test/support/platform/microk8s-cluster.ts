/**
 * A cluster of MicroK8s for several agents in one process: each node has the snap's files below a folder of its own, and
 * all of them the objects of Calico on a real API server. Stand-ins: the restart of a service, which is only noted, and
 * the controller of DaemonSets, which has replaced all pods when somebody asks for the second time.
 */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createKubernetesCluster } from '../../../agent/adapters/cluster-kubernetes/cluster.ts';
import { writeHostFile } from '../../../agent/adapters/host-changes/write-host-file.ts';
import { createHostFiles } from '../../../agent/adapters/host-files/host-files.ts';
import { createHostEditFiles } from '../../../agent/adapters/state-directory/host-edit-files.ts';
import { createHostChanges } from '../../../agent/app/platform/host-changes.ts';
import type { Cluster } from '../../../agent/ports/platform/cluster.ts';
import type { HostChanges } from '../../../agent/ports/platform/host-changes.ts';
import { listAt, textMapAt, valueAt } from '../../../core/input/plain-data.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import { clusterObjects, removeEdited } from '../servers/cluster-objects.ts';
import type { Tree } from './host-tree.ts';
import { data as snapData, microk8sNode } from './microk8s-node.ts';

const system = '/apis/apps/v1/namespaces/kube-system/daemonsets';
const configs = '/api/v1/namespaces/kube-system/configmaps';

export interface MicroK8sCluster {
  /** Files that were written, services that were restarted, and pods that were replaced, in their order. */
  readonly done: string[];
  /** The objects as MicroK8s applies them from its cni.yaml. */
  reset(): Promise<void>;
  remove(): Promise<void>;
  host(name: string, folder: string): Promise<HostChanges>;
  /** As when somebody edited cni.yaml on this node. */
  replaceInManifest(name: string, what: RegExp, by: string): Promise<void>;
  connect(context?: string): Cluster;
  environment(): Promise<Readonly<Record<string, string>>>;
  probes(): Promise<readonly string[]>;
  config(): Promise<Readonly<Record<string, string>>>;
  annotations(): Promise<Readonly<Record<string, string>>>;
  setConfig(data: Readonly<Record<string, string>>): Promise<void>;
}

/** @param replaced called when all pods of calico-node are new */
export function microk8sCluster(
  kubeconfig: string,
  client: KubernetesClient,
  replaced: () => void = () => undefined,
): MicroK8sCluster {
  const done: string[] = [];
  const roots = new Map<string, string>();
  const objects = clusterObjects(client);
  const daemonSet = (): Promise<unknown> => objects.get(`${system}/calico-node`);
  const container = async (): Promise<unknown> =>
    listAt(await daemonSet(), 'spec', 'template', 'spec', 'containers')[0];
  const remove = async (): Promise<void> => {
    await objects.remove(`${system}/calico-node`);
    await objects.remove(`${configs}/calico-config`);
  };
  const replacePods = async (): Promise<void> => {
    const generation = valueAt(await daemonSet(), 'metadata', 'generation');
    const status = {
      observedGeneration: generation,
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      numberMisscheduled: 0,
      numberReady: 3,
      updatedNumberScheduled: 3,
      numberAvailable: 3,
    };
    await objects.patch(`${system}/calico-node/status`, { status });
  };
  return {
    done,
    remove,
    reset: async () => {
      done.length = 0;
      await remove();
      await removeEdited(client);
      const manager = 'kubectl-client-side-apply';
      await objects.make(system, calicoNode, manager);
      await objects.make(configs, calicoConfig, manager);
      await replacePods();
    },
    host: async (name, folder) => {
      const root = path.join(folder, 'root');
      // The host of an agent that starts again has the files of before.
      if (roots.get(name) !== root) await makeTree(root, microk8sNode);
      roots.set(name, root);
      return createHostChanges({
        files: createHostFiles(root),
        programs: {
          k3sVersion: () => Promise.resolve(undefined),
          links: () => Promise.resolve([]),
          filterRules: () => Promise.resolve(undefined),
        },
        writer: {
          obstacle: () => Promise.resolve(undefined),
          write: async (file, before, content) => {
            await writeHostFile(root, { path: file, before, text: content });
            done.push(`${name} ${path.basename(file)}`);
          },
          remove: async (file, before) => void (await writeHostFile(root, { path: file, before })),
          restart: (service) => Promise.resolve(void done.push(`${name} ${service}`)),
        },
        edits: createHostEditFiles(path.join(folder, 'state'), silentLogger),
      });
    },
    replaceInManifest: async (name, what, by) => {
      const file = path.join(roots.get(name) ?? '', snapData, 'args/cni-network/cni.yaml');
      const text = await readFile(file, 'utf8');
      if (!what.test(text)) throw new Error(`${file} has no ${String(what)}`);
      await writeFile(file, text.replace(what, by));
    },
    connect: (context) => {
      const settings = { kubeconfig, ...(context !== undefined && { context }) };
      const cluster = createKubernetesCluster(settings, { environment: {}, root: '/' });
      let asked = 0;
      return {
        ...cluster,
        apply: async (change) => {
          await cluster.apply(change);
          done.push(change.action);
        },
        rollout: async (object) => {
          asked += 1;
          if (asked % 2 === 0) {
            await replacePods();
            done.push('pods');
            replaced();
          }
          return cluster.rollout(object);
        },
      };
    },
    environment: async () =>
      Object.fromEntries(
        listAt(await container(), 'env').map((one) => [
          String(valueAt(one, 'name')),
          String(valueAt(one, 'value')),
        ]),
      ),
    probes: async () => {
      const node = await container();
      return ['livenessProbe', 'readinessProbe'].flatMap((probe) =>
        listAt(node, probe, 'exec', 'command').slice(1).map(String),
      );
    },
    config: async () => textMapAt(await objects.get(`${configs}/calico-config`), 'data'),
    annotations: async () => textMapAt(await daemonSet(), 'metadata', 'annotations'),
    setConfig: async (data) => void (await objects.patch(`${configs}/calico-config`, { data })),
  };
}

async function makeTree(root: string, tree: Tree): Promise<void> {
  for (const [file, content] of Object.entries(tree)) {
    const at = path.join(root, file);
    await mkdir(path.dirname(at), { recursive: true });
    if (typeof content === 'string') await writeFile(at, content);
    else if ('link' in content) await symlink(content.link, at);
    else await writeFile(at, content.program, { mode: 0o755 });
  }
}

const labels = { 'k8s-app': 'calico-node' };
const probe = (argument: string): object => ({
  exec: { command: ['/bin/calico-node', argument] },
});

const calicoNode = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'calico-node', namespace: 'kube-system' },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        hostNetwork: true,
        containers: [
          {
            name: 'calico-node',
            image: 'docker.io/calico/node:v3.29.3',
            env: [
              { name: 'IP_AUTODETECTION_METHOD', value: 'first-found' },
              { name: 'CALICO_IPV4POOL_VXLAN', value: 'Always' },
              { name: 'CALICO_IPV4POOL_CIDR', value: '10.1.0.0/16' },
            ],
            livenessProbe: probe('-felix-live'),
            readinessProbe: probe('-felix-ready'),
          },
        ],
      },
    },
  },
};

const calicoConfig = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'calico-config', namespace: 'kube-system' },
  data: { calico_backend: 'vxlan', veth_mtu: '0' },
};
