/** One difference between a document and the cluster, with both places. */
import type { Place } from '../../issue.ts';
import { entryAt, dotted } from '../document/read-clusters.ts';
import { providerOf, type JudgedCluster } from '../document/facts.ts';
import { networkPath } from '../table/api-version.ts';

export interface LivingDifference {
  readonly code: string;
  /** The field of the document: `spec.networking.calico.ipipMode`. */
  readonly setting: string;
  /** The place of the value; where kops' default counts, that of the nearest field above it. */
  readonly place: Place;
  /** Its value in the document, or kops' default. */
  readonly wanted: string;
  readonly from: 'document' | 'default';
  /** `IPPool default-ipv4-ippool`. */
  readonly object: string;
  /** `spec.ipipMode`, or `unsetField`. */
  readonly field: string;
  readonly found: string;
  /** Whose value counts after the next update by kops. */
  readonly wins: 'document' | 'cluster';
  /** Why, and what that means for traffic: a clause. */
  readonly why: string;
  /** The next update breaks the network, or the document is that of another cluster. */
  readonly breaks?: true;
}

/** In place of a field that the object does not set: Calico's own value counts. */
export const unsetField = 'not set';

/** A part that could not be compared, and why: unknown is no difference. */
export interface NotCompared {
  readonly what: string;
  readonly why: string;
}

/** Gathers what a comparison finds. */
export interface Comparing {
  readonly cluster: JudgedCluster;
  readonly differences: LivingDifference[];
  readonly notCompared: NotCompared[];
}

/** A field of the document with its place. */
export type SettingPlace = Pick<LivingDifference, 'setting' | 'place' | 'from'>;

/** @param name a field of the provider; absent: the provider itself */
export function providerSetting(cluster: JudgedCluster, name?: string): SettingPlace {
  const networking = entryAt(cluster, ['spec', 'networking']);
  const found = providerOf(cluster);
  if (found === undefined) {
    const place = networking?.keyPlace ?? cluster.root.place;
    return { setting: 'spec.networking', place, from: 'document' };
  }
  const path = ['spec', 'networking', found.entry.key];
  if (name === undefined) {
    return { setting: dotted(path), place: found.entry.keyPlace, from: 'document' };
  }
  const given = entryAt(cluster, [...path, name]);
  return {
    setting: dotted([...path, name]),
    place: given?.value.place ?? found.entry.keyPlace,
    from: given === undefined ? 'default' : 'document',
  };
}

/** @param name the v1alpha2 name of a range */
export function rangeSetting(cluster: JudgedCluster, name: string): SettingPlace {
  const path = networkPath(name, cluster.api, cluster.target.kops);
  const given = entryAt(cluster, path);
  const above = entryAt(cluster, ['spec', 'networking']);
  return {
    setting: dotted(path),
    place: given?.value.place ?? above?.keyPlace ?? cluster.root.place,
    from: given === undefined ? 'default' : 'document',
  };
}
