/**
 * Objects of a cluster on a real API server that has no controllers: the tests set what kubelets and
 * controllers would report.
 */
import { collectionPath, objectPath } from '../../../agent/adapters/cluster-kubernetes/reader.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import { textAt } from '../../../core/input/plain-data.ts';
import { isObjectKind, objectKinds } from '../../../core/platform/cluster/object-ref.ts';
import { editedLabel } from '../../../core/platform/cluster/undo-annotation.ts';
import { withoutUndefined } from '../../../core/without-undefined.ts';
import { wholeItem } from '../../../runtime/kubernetes/list-objects.ts';

export interface ClusterObjects {
  /** Makes an object; its status too, where it has one. */
  make(path: string, body: object, manager?: string): Promise<unknown>;
  get(path: string): Promise<unknown>;
  patch(path: string, body: object, manager?: string): Promise<unknown>;
  remove(path: string): Promise<void>;
  /** Takes all objects of the namespace of these tests away, and makes it anew. */
  reset(): Promise<void>;
}

export const namespace = 'cluster-tests';
export const daemonSets = `/apis/apps/v1/namespaces/${namespace}/daemonsets`;
const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
export const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
export const pods = `/api/v1/namespaces/${namespace}/pods`;
export const services = `/api/v1/namespaces/${namespace}/services`;

export function clusterObjects(client: KubernetesClient): ClusterObjects {
  const patch: ClusterObjects['patch'] = async (path, body, manager = 'a-person') => {
    const contentType = 'application/merge-patch+json';
    const query = { fieldManager: manager };
    const request = { what: 'patch', method: 'PATCH', query, contentType } as const;
    return (await client.send({ ...request, path, body })).data;
  };
  const remove = async (path: string): Promise<void> => {
    try {
      const query = { gracePeriodSeconds: 0 };
      await client.send({ what: 'delete', method: 'DELETE', path, query });
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.status !== 404) throw error;
    }
  };
  return {
    patch,
    remove,
    get: (path) => client.find('get', path),
    make: async (path, body, manager = 'a-person') => {
      const query = { fieldManager: manager };
      const request = { what: 'make an object', method: 'POST', query, path, body } as const;
      const made = (await client.send(request)).data;
      if (!('status' in body)) return made;
      const one = `${path}/${textAt(made, 'metadata', 'name') ?? ''}/status`;
      return patch(one, { status: body.status }, 'kubelet');
    },
    reset: async () => {
      for (const collection of [daemonSets, deployments, configMaps, pods, services]) {
        const { items } = await client.list('list', collection, wholeItem);
        for (const item of items) {
          await remove(`${collection}/${textAt(item, 'metadata', 'name') ?? ''}`);
        }
      }
      const path = '/api/v1/namespaces';
      if ((await client.find('get', `${path}/${namespace}`)) !== undefined) return;
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
      await client.send({ what: 'make a namespace', method: 'POST', path, body });
    },
  };
}

/**
 * Takes all objects away that calico-agent changed, in any namespace: a test that was killed leaves its own, and the
 * agent of the next one would put them back to what they were before.
 */
export async function removeEdited(client: KubernetesClient): Promise<void> {
  const { remove } = clusterObjects(client);
  const options = { keep: wholeItem, selectors: { labelSelector: editedLabel } };
  // A kind comes after those that its objects name.
  for (const kind of Object.keys(objectKinds).filter(isObjectKind).reverse()) {
    if (kind === 'Namespace' || kind === 'CustomResourceDefinition') continue;
    const path = collectionPath(kind, undefined);
    if ((await client.find('look', path)) === undefined) continue;
    const { items } = await client.listWithStubs('list', path, options);
    for (const item of items) {
      const place = withoutUndefined({ namespace: textAt(item, 'metadata', 'namespace') });
      const name = textAt(item, 'metadata', 'name') ?? '';
      await remove(objectPath({ kind, name, ...place }));
    }
  }
}

/** A DaemonSet as MicroK8s' calico-node is made, in the namespace of these tests. */
export function calicoNode(env: readonly object[], status?: object): object {
  const labels = { 'k8s-app': 'calico-node' };
  const containers = [{ name: 'calico-node', image: 'docker.io/calico/node:v3.29.3', env }];
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'calico-node', namespace },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { hostNetwork: true, containers } },
    },
    ...(status !== undefined && { status }),
  };
}

export interface PodSample {
  readonly name: string;
  readonly address?: string;
  readonly node?: string;
  readonly ready?: boolean;
  readonly controller?: { readonly kind: string; readonly name: string };
  readonly labels?: Readonly<Record<string, string>>;
  readonly waiting?: { readonly reason: string; readonly message: string };
}

export function podSample({
  name,
  address,
  node = 'node-a',
  ready = true,
  ...more
}: PodSample): object {
  const { controller, labels = {}, waiting } = more;
  const containers = [{ name: 'main', image: 'example.invalid/main' }];
  const state = waiting === undefined ? {} : { state: { waiting } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels,
      ...(controller !== undefined && {
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            ...controller,
            uid: '00000000-0000-0000-0000-000000000001',
            controller: true,
          },
        ],
      }),
    },
    spec: { nodeName: node, containers },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      ...(address !== undefined && { podIP: address, podIPs: [{ ip: address }] }),
      containerStatuses: [
        { name: 'main', image: 'x', imageID: 'x', ready, restartCount: 0, ...state },
      ],
    },
  };
}
