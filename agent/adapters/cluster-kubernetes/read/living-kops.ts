/** The objects that `calico-agent kops --live` compares: those that kops and calico-node made. */
import { textAt } from '../../../../core/input/plain-data.ts';
import type { LivingCluster } from '../../../../core/kops/living/living-cluster.ts';
import {
  parseBlockNode,
  parseConfigData,
  parseLivingFelix,
  parseLivingNode,
  parseLivingPool,
  parseLivingWorkload,
} from '../../../../core/kops/living/parse-objects.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { collectionPath, objectPath, type Reader } from '../reader.ts';
import { createParts } from './parts.ts';

/** As Calico: with both APIs it works with the first one (libcalico-go/lib/backend/k8s/k8s.go). */
const calicoGroups = ['/apis/crd.projectcalico.org/v1', '/apis/projectcalico.org/v3'] as const;
const kops = 'kube-system';

/** @throws AppError where no part at all can be read */
export async function readLivingKops(reader: Reader): Promise<LivingCluster> {
  const { part, refuseNothing } = createParts();
  const [pools, felix, daemonSets, deployments, config, nodes, blockNodes, apiService] =
    await Promise.all([
      part(ofCalico(reader, 'list the IPPools', 'ippools', parseLivingPool)),
      part(
        ofCalico(reader, 'list the FelixConfigurations', 'felixconfigurations', parseLivingFelix),
      ),
      part(
        reader.list(
          'list the DaemonSets',
          collectionPath('DaemonSet', undefined),
          parseLivingWorkload,
        ),
      ),
      part(
        reader.list(
          'list the Deployments',
          collectionPath('Deployment', kops),
          parseLivingWorkload,
        ),
      ),
      part(
        reader
          .object({ kind: 'ConfigMap', namespace: kops, name: 'calico-config' })
          .then(parseConfigData),
      ),
      part(reader.list('list the nodes', '/api/v1/nodes', parseLivingNode)),
      part(ofCalico(reader, 'list the BlockAffinities', 'blockaffinities', parseBlockNode)),
      part(
        reader
          .find(
            'read Service default/kubernetes',
            objectPath({ kind: 'Service', namespace: 'default', name: 'kubernetes' }),
          )
          .then((service) => textAt(service, 'spec', 'clusterIP')),
      ),
    ]);
  const living = { pools, felix, daemonSets, deployments, config, nodes, blockNodes, apiService };
  refuseNothing(Object.values(living));
  return living;
}

/** @throws AppError where neither API has the kind: then it is not known what Calico has */
async function ofCalico<T>(
  reader: Reader,
  what: string,
  plural: string,
  keep: (item: unknown) => T | undefined,
): Promise<readonly T[]> {
  for (const group of calicoGroups) {
    const found = await reader.listOptional(what, `${group}/${plural}`, keep);
    if (found !== undefined) return found;
  }
  throw new AppError('not-found', `cannot ${what}: the API server has no such kind of Calico`);
}
