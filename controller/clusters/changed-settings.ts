/** What has changed in the settings since the start, for a person: it takes effect after a restart. */
import type { ServeSettings } from '../settings.ts';

/** @returns such as `api`, `clusters added: west`; names only, no values */
export function changedSettings(before: ServeSettings, now: ServeSettings): readonly string[] {
  const [old, next] = [clustersOf(before), clustersOf(now)];
  const named = (what: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`clusters ${what}: ${names.join(', ')}`];
  const differing = [...next.keys()].filter(
    (name) => old.has(name) && isOther(old.get(name), next.get(name)),
  );
  return [
    ...named(
      'added',
      [...next.keys()].filter((name) => !old.has(name)),
    ),
    ...named(
      'removed',
      [...old.keys()].filter((name) => !next.has(name)),
    ),
    ...named('changed', differing),
    ...keysOf(before, now),
  ];
}

function clustersOf(settings: ServeSettings): ReadonlyMap<string, unknown> {
  const clusters = 'clusters' in settings ? settings.clusters : [];
  return new Map(clusters.map((one) => [one.cluster, one]));
}

function keysOf(before: ServeSettings, now: ServeSettings): readonly string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  keys.delete('clusters');
  return [...keys].filter((key) => isOther(Reflect.get(before, key), Reflect.get(now, key))).sort();
}

function isOther(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}
