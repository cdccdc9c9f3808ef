import type { ObservedResource } from './observed.ts';
import type { CalicoResource } from '../calico/resource.ts';
import { ownerOf } from '../render/ownership.ts';

/** A resource from a datastore, with its owner if it has our marks. */
export function observedResource(
  resource: CalicoResource,
  details: Pick<ObservedResource, 'version' | 'writers'> = {},
): ObservedResource {
  const owner = ownerOf(resource);
  return { resource, ...details, ...(owner !== undefined && { owner }) };
}
