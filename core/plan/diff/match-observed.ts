import { byText } from '../../by-text.ts';
import type { CalicoResource, Desired } from '../../render/desired.ts';
import { standsFor } from '../../render/stands-for.ts';
import { keyOf } from './key-of.ts';
import type { Observed, ObservedResource } from '../plan.ts';

/** Which observed object is the one of a wanted resource, and which is nobody's. */
export interface Matched {
  of(wanted: CalicoResource): ObservedResource | undefined;
  /** Observed, and the one of no wanted resource; by kind and name. */
  readonly unwanted: readonly ObservedResource[];
}

/** By its name; else, adopted under another one, what is ours and says that it stands for it. */
export function matchObserved(desired: Desired, { resources }: Observed): Matched {
  const wantedKeys = new Set(desired.resources.map(({ resource }) => keyOf(resource)));
  const byName = new Map(resources.map((one) => [keyOf(one.resource), one]));
  const others = resources
    .filter(({ resource }) => !wantedKeys.has(keyOf(resource)))
    .toSorted((one, other) => byText(keyOf(one.resource), keyOf(other.resource)));
  const standIns = standInsAmong(others);
  const of = (wanted: CalicoResource): ObservedResource | undefined =>
    byName.get(keyOf(wanted)) ?? standIns.get(keyOf(wanted));
  const taken = new Set(desired.resources.map(({ resource }) => of(resource)));
  return { of, unwanted: others.filter((one) => !taken.has(one)) };
}

function standInsAmong(
  resources: readonly ObservedResource[],
): ReadonlyMap<string, ObservedResource> {
  const found = new Map<string, ObservedResource>();
  for (const one of resources) {
    const name = one.owner === undefined ? undefined : standsFor(one.resource);
    if (name === undefined) continue;
    const key = keyOf({ kind: one.resource.kind, metadata: { name } });
    if (!found.has(key)) found.set(key, one);
  }
  return found;
}
