/** MetalLB's namespace and its own CustomResourceDefinitions on a real API server. */
import { expect } from 'chai';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import { eventually } from '../eventually.ts';
import { clusterObjects } from '../servers/cluster-objects.ts';
import { crdDocuments, crdName, plurals } from './metallb-crds.ts';

export const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

type Client = Pick<KubernetesClient, 'send' | 'find'>;

/** Resolves when the server serves MetalLB's kinds. */
export async function installMetalLb(client: Client): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'metallb-system' } };
  const documents = [
    ['/api/v1/namespaces/metallb-system', namespace] as const,
    ...crdDocuments().map((crd) => [`${crds}/${crdName(crd)}`, crd] as const),
  ];
  for (const [path, body] of documents) {
    const query = { fieldManager: 'a-person', force: 'true' };
    const contentType = 'application/apply-patch+yaml';
    await client.send({ what: 'make', method: 'PATCH', path, query, contentType, body });
  }
  await eventually(async () => {
    for (const path of plurals()) expect(await client.find('look', path)).to.not.equal(undefined);
  });
}

/** Resolves when the definitions are gone: one that is being deleted cannot be made anew. */
export async function removeMetalLb(client: KubernetesClient): Promise<void> {
  const { remove } = clusterObjects(client);
  for (const crd of crdDocuments()) await remove(`${crds}/${crdName(crd)}`);
  await eventually(async () => {
    for (const crd of crdDocuments()) {
      expect(await client.find('look', `${crds}/${crdName(crd)}`)).to.equal(undefined);
    }
  });
}
