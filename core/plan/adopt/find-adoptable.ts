/** Finds objects of a person or the charm that mean the same as desired ones. */
import { byText } from '../../by-text.ts';
import { groupBy } from '../../group-by.ts';
import type { Desired, DesiredResource } from '../../render/desired.ts';
import type { SurveyedCluster } from '../../survey/surveyed-cluster.ts';
import type { AdoptableObject } from './adoption.ts';
import { purposeOf } from '../../calico/kinds.ts';
import { diffResource } from '../diff/diff-resource.ts';
import { type CalicoResource, objectKey } from '../../calico/resource.ts';
import { matchObserved } from '../diff/match-observed.ts';
import type { ObservedResource } from '../../observe/observed.ts';
import { immutableFields } from '../pools/pool-faults.ts';
import { supersedingPeers } from './superseding-peers.ts';

export { adoptionSteps } from './adoption-steps.ts';

/**
 * They include objects with the name of a desired one: planChanges would write these anyway, but a
 * datastore with field managers refuses that for an object without our marks.
 */
export function findAdoptable(
  desired: Desired,
  survey: SurveyedCluster,
): readonly AdoptableObject[] {
  const matched = matchObserved(desired, survey);
  const foreign = matched.unmatched.filter(({ owner }) => owner === undefined);
  const missing = desired.resources
    .filter(({ resource }) => matched.of(resource) === undefined)
    .toSorted((one, other) => byText(objectKey(one.resource), objectKey(other.resource)));
  const staying = findStaying(missing, foreign);
  const standIns = new Set(staying.map(({ observed }) => observed));
  const giverOf = supersedingPeers(desired, survey);
  const replaced = foreign
    .filter((one) => !standIns.has(one))
    .flatMap((one) => {
      const giver = giverOf(one.resource);
      return giver === undefined ? [] : [adoptable(one, giver, 'replaced', { kind: 'cluster' })];
    });
  return [...sameNamed(desired, matched.of), ...staying, ...replaced].toSorted((one, other) =>
    byText(objectKey(one.observed.resource), objectKey(other.observed.resource)),
  );
}

function sameNamed(
  desired: Desired,
  observedOf: (desired: CalicoResource) => ObservedResource | undefined,
): readonly AdoptableObject[] {
  return desired.resources.flatMap(({ resource, scope }) => {
    const one = observedOf(resource);
    if (one === undefined || one.owner !== undefined) return [];
    return [adoptable(one, resource.metadata.name, 'stays', scope)];
  });
}

/** At most one object for each missing one, the first by name. */
function findStaying(
  missing: readonly DesiredResource[],
  foreign: readonly ObservedResource[],
): readonly AdoptableObject[] {
  const found = groupBy(foreign, ({ resource }) => purposeOf(resource));
  return missing.flatMap((desired) => {
    const { resource, scope } = desired;
    const one = found.get(purposeOf(resource))?.find((other) => isSameMeaning(desired, other));
    return one === undefined ? [] : [adoptable(one, resource.metadata.name, 'stays', scope)];
  });
}

/** Only the immutable fields of a pool count: the next plan changes the others. */
function isSameMeaning(desired: DesiredResource, observed: ObservedResource): boolean {
  switch (desired.resource.kind) {
    case 'IPPool':
      return immutableFields(desired, observed.resource).length === 0;
    case 'BGPPeer':
      return diffResource(desired, observed).fields.every(({ path }) => !path.startsWith('spec.'));
    case 'BGPConfiguration':
      return false;
  }
}

function adoptable(
  observed: ObservedResource,
  standsFor: string,
  fate: AdoptableObject['fate'],
  scope: AdoptableObject['scope'],
): AdoptableObject {
  const { resource, writers = [] } = observed;
  const { kind, metadata } = resource;
  return { observed, kind, name: metadata.name, scope, standsFor, fate, writers };
}
