/**
 * Calico as its manifest installs it, on a real API server without controllers. Stand-in: the controllers of DaemonSets
 * and Deployments, which have replaced all pods when somebody asks for the second time.
 */
import { createKubernetesCluster } from '../../../agent/adapters/cluster-kubernetes/cluster.ts';
import type { Cluster } from '../../../agent/ports/platform/cluster.ts';
import { listAt, textAt, textMapAt, valueAt } from '../../../core/input/plain-data.ts';
import type { ObjectRef } from '../../../core/platform/cluster/object-ref.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import { clusterObjects, removeEdited, type ClusterObjects } from '../servers/cluster-objects.ts';

const base = '/apis/apps/v1/namespaces/kube-system';
const secrets = '/api/v1/namespaces/kube-system/secrets';
const paths = {
  node: `${base}/daemonsets/calico-node`,
  controllers: `${base}/deployments/calico-kube-controllers`,
} as const;

export interface CalicoManifest {
  /** Objects that were changed, and pods that were replaced, in their order. */
  readonly done: string[];
  readonly objects: ClusterObjects;
  /** @param labels of the DaemonSet */
  reset(labels?: Readonly<Record<string, string>>): Promise<void>;
  remove(): Promise<void>;
  /** @param arePulled false: no pod becomes ready */
  connect(arePulled?: () => Promise<boolean>, context?: string): Cluster;
  /** `container image`, of both workloads. */
  images(): Promise<readonly string[]>;
  pullSecrets(): Promise<readonly string[]>;
  annotations(): Promise<Readonly<Record<string, string>>>;
  /** As a person who runs kubectl set image. */
  setImage(container: string, image: string): Promise<void>;
  makeSecret(name: string, type?: string): Promise<void>;
}

export function calicoManifest(kubeconfig: string, client: KubernetesClient): CalicoManifest {
  const done: string[] = [];
  const objects = clusterObjects(client);
  const all = Object.values(paths);
  const remove = async (): Promise<void> => {
    for (const one of [...all, `${secrets}/registry-credentials`]) await objects.remove(one);
  };
  const replacePods = async (path: string): Promise<void> => {
    const observedGeneration = valueAt(await objects.get(path), 'metadata', 'generation');
    const status = path === paths.node ? daemonSetStatus : deploymentStatus;
    await objects.patch(`${path}/status`, { status: { observedGeneration, ...status } });
  };
  return {
    done,
    objects,
    remove,
    reset: async (labels = {}) => {
      done.length = 0;
      await remove();
      await removeEdited(client);
      const manager = 'kubectl-client-side-apply';
      await objects.make(`${base}/daemonsets`, calicoNode(labels), manager);
      await objects.make(`${base}/deployments`, kubeControllers, manager);
      for (const path of all) await replacePods(path);
    },
    connect: (arePulled = () => Promise.resolve(true), context) => {
      const settings = { kubeconfig, ...(context !== undefined && { context }) };
      const cluster = createKubernetesCluster(settings, { environment: {}, root: '/' });
      const asked = new Set<string>();
      return {
        ...cluster,
        apply: async (change) => {
          await cluster.apply(change);
          done.push('object' in change ? `${change.action} ${change.object.name}` : change.action);
        },
        rollout: async (object) => {
          const now = await cluster.rollout(object);
          if (now.state === 'complete' || !(await arePulled())) return now;
          const isFirst = !asked.has(object.name);
          asked.add(object.name);
          if (isFirst) return now;
          asked.delete(object.name);
          await replacePods(pathOf(object));
          done.push(`pods ${object.name}`);
          return cluster.rollout(object);
        },
      };
    },
    images: async () =>
      (await Promise.all(all.map((path) => objects.get(path)))).flatMap((object) =>
        (['initContainers', 'containers'] as const).flatMap((list) =>
          listAt(object, 'spec', 'template', 'spec', list).map(
            (one) => `${textAt(one, 'name') ?? ''} ${textAt(one, 'image') ?? ''}`,
          ),
        ),
      ),
    pullSecrets: async () =>
      listAt(await objects.get(paths.node), 'spec', 'template', 'spec', 'imagePullSecrets').flatMap(
        (one) => textAt(one, 'name') ?? [],
      ),
    annotations: async () => textMapAt(await objects.get(paths.node), 'metadata', 'annotations'),
    setImage: async (container, image) => {
      await client.send({
        what: 'set an image',
        method: 'PATCH',
        path: paths.node,
        query: { fieldManager: 'kubectl-set' },
        contentType: 'application/strategic-merge-patch+json',
        body: { spec: { template: { spec: { containers: [{ name: container, image }] } } } },
      });
    },
    makeSecret: async (name, type = 'kubernetes.io/dockerconfigjson') => {
      const data = { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') };
      const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type, data };
      await objects.make(secrets, body);
    },
  };
}

function pathOf({ name }: ObjectRef): string {
  return name === 'calico-node' ? paths.node : paths.controllers;
}

const daemonSetStatus = {
  desiredNumberScheduled: 3,
  currentNumberScheduled: 3,
  numberMisscheduled: 0,
  numberReady: 3,
  updatedNumberScheduled: 3,
  numberAvailable: 3,
};
const deploymentStatus = {
  replicas: 1,
  updatedReplicas: 1,
  readyReplicas: 1,
  availableReplicas: 1,
};

function workload(kind: string, name: string, spec: object, own: object = {}): object {
  const labels = { 'k8s-app': name };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'kube-system', labels: own },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

const image = (name: string): string => `docker.io/calico/${name}:v3.29.3`;

function calicoNode(labels: object): object {
  const spec = {
    hostNetwork: true,
    initContainers: [
      { name: 'upgrade-ipam', image: image('cni') },
      { name: 'install-cni', image: image('cni') },
      { name: 'mount-bpffs', image: image('node') },
    ],
    containers: [{ name: 'calico-node', image: image('node') }],
  };
  return workload('DaemonSet', 'calico-node', spec, labels);
}

const kubeControllers = workload('Deployment', 'calico-kube-controllers', {
  containers: [{ name: 'calico-kube-controllers', image: image('kube-controllers') }],
});
