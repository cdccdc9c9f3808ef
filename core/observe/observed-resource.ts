import type { ObservedResource } from './observed.ts';
import type { CalicoResource } from '../calico/resource.ts';
import { ownerOf } from '../render/ownership.ts';

/** A resource as a datastore gave it, with its owner where it carries our marks. */
export function observedResource(
  resource: CalicoResource,
  details: Pick<ObservedResource, 'version' | 'writers'> = {},
): ObservedResource {
  const owner = ownerOf(resource);
  return { resource, ...details, ...(owner !== undefined && { owner }) };
}
