import { byText } from '../../by-text.ts';
import type { Desired } from '../../render/desired.ts';
import { standsFor } from '../../render/stands-for.ts';
import { type CalicoResource, objectKey } from '../../calico/resource.ts';
import type { Observed, ObservedResource } from '../../observe/observed.ts';

/** Matches observed objects with desired resources. */
export interface Matched {
  of(resource: CalicoResource): ObservedResource | undefined;
  /** Observed objects without a desired resource, by kind and name. */
  readonly unmatched: readonly ObservedResource[];
}

/**
 * Matches by name; else by our mark on an adopted object with another name, which names the desired
 * one.
 */
export function matchObserved(desired: Desired, { resources }: Observed): Matched {
  const desiredKeys = new Set(desired.resources.map(({ resource }) => objectKey(resource)));
  const byName = new Map(resources.map((one) => [objectKey(one.resource), one]));
  const others = resources
    .filter(({ resource }) => !desiredKeys.has(objectKey(resource)))
    .toSorted((one, other) => byText(objectKey(one.resource), objectKey(other.resource)));
  const standIns = standInsAmong(others);
  const of = (resource: CalicoResource): ObservedResource | undefined =>
    byName.get(objectKey(resource)) ?? standIns.get(objectKey(resource));
  const taken = new Set(desired.resources.map(({ resource }) => of(resource)));
  return { of, unmatched: others.filter((one) => !taken.has(one)) };
}

function standInsAmong(
  resources: readonly ObservedResource[],
): ReadonlyMap<string, ObservedResource> {
  const found = new Map<string, ObservedResource>();
  for (const one of resources) {
    const name = one.owner === undefined ? undefined : standsFor(one.resource);
    if (name === undefined) continue;
    const key = objectKey({ kind: one.resource.kind, metadata: { name } });
    if (!found.has(key)) found.set(key, one);
  }
  return found;
}
