/** What `calico-agent metallb --live` reads: Services, their namespaces, and the MetalLB that is installed. */
import { listAt, textAt, textMapAt, type PlainMap } from '../../../../core/input/plain-data.ts';
import { readService } from '../../../../core/metallb/explain/services.ts';
import { schemasOf } from '../../../../core/metallb/living/fields-lost.ts';
import {
  releaseOfImage,
  type LivingController,
  type LivingMetalLb,
} from '../../../../core/metallb/living/living-metallb.ts';
import { collectionPath, type Reader } from '../reader.ts';
import { createParts } from './parts.ts';

/** The labels of MetalLB's controller, from its manifests and from its chart. */
const selectors = ['app=metallb', 'app.kubernetes.io/name=metallb'] as const;
const versions = ['v1beta1', 'v1beta2'] as const;

/** @throws AppError where no part at all can be read */
export async function readLivingMetalLb(reader: Reader): Promise<LivingMetalLb> {
  const { part, refuseNothing } = createParts();
  const [services, namespaces, controllers, schemas] = await Promise.all([
    part(reader.list('list the Services', collectionPath('Service', undefined), readService)),
    part(readNamespaces(reader)),
    part(readControllers(reader)),
    part(readSchemas(reader)),
  ]);
  refuseNothing([services, namespaces, controllers, schemas]);
  return { services, namespaces, controllers, schemas };
}

async function readNamespaces(
  reader: Reader,
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const path = collectionPath('Namespace', undefined);
  const found = await reader.list(
    'list the namespaces',
    path,
    (item) =>
      [textAt(item, 'metadata', 'name') ?? '', textMapAt(item, 'metadata', 'labels')] as const,
  );
  return new Map(found);
}

async function readControllers(reader: Reader): Promise<readonly LivingController[]> {
  const found = await Promise.all(
    selectors.map((labelSelector) =>
      reader.list(
        "list MetalLB's Deployments",
        collectionPath('Deployment', undefined),
        parseController,
        { labelSelector },
      ),
    ),
  );
  return found.flat();
}

function parseController(item: unknown): LivingController | undefined {
  const [namespace, name] = [
    textAt(item, 'metadata', 'namespace'),
    textAt(item, 'metadata', 'name'),
  ];
  if (namespace === undefined || name === undefined) return undefined;
  const [release] = listAt(item, 'spec', 'template', 'spec', 'containers').flatMap(
    (container) => releaseOfImage(textAt(container, 'image') ?? '') ?? [],
  );
  return { namespace, name, ...(release !== undefined && { release }) };
}

/** Every user that is known to the server may read these (the ClusterRole system:discovery). */
async function readSchemas(reader: Reader): Promise<ReadonlyMap<string, PlainMap>> {
  const documents = await Promise.all(
    versions.map((version) =>
      reader.find('read what MetalLB’s objects can have', `/openapi/v3/apis/metallb.io/${version}`),
    ),
  );
  return new Map(documents.flatMap((document) => [...schemasOf(document)]));
}
