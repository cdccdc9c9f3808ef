/** Reads the guard routes in the kernel. */
import { markers } from './guard-settings.ts';
import { isOurRule, type GuardTimes, type ObservedFamily } from './plan-guard.ts';
import type { PrintedRoute } from './parse-routes.ts';

/** Without the marker of the beginning, `since` is Infinity. */
export interface StandingGuard extends GuardTimes {
  readonly tables: readonly number[];
  /** Priorities of the rules, of both families together. */
  readonly priorities: readonly number[];
  /** Number of copies, of both families together. */
  readonly routes: number;
}

/** @returns undefined: there is nothing of ours. A guard without markers is past its deadline. */
export function readStandingGuard(families: readonly ObservedFamily[]): StandingGuard | undefined {
  const rules = families.flatMap((family) => family.rules).filter(isOurRule);
  const ours = families.flatMap((family) => family.ours);
  if (rules.length === 0 && ours.length === 0) return undefined;
  const tables = ours.map(({ table }) => table);
  const priorities = rules.map(({ priority }) => priority);
  return {
    tables: distinct(tables.filter((table) => table !== undefined)),
    priorities: distinct(priorities),
    routes: ours.filter(({ kind }) => kind === 'unicast').length,
    since: Math.min(...metricsOf(ours, markers.since)),
    until: Math.max(0, ...metricsOf(ours, markers.until)),
  };
}

/** Destinations of copies to which the main table has no route of its own. */
export function carriedDestinations(
  { ours }: ObservedFamily,
  main: readonly PrintedRoute[],
): readonly string[] {
  const routed = new Set(main.map(({ destination }) => destination));
  return ours
    .filter(({ kind, destination }) => kind === 'unicast' && !routed.has(destination))
    .map(({ destination }) => destination);
}

function metricsOf(routes: readonly PrintedRoute[], marker: string): readonly number[] {
  return routes
    .filter(({ kind, destination }) => kind === 'throw' && destination === marker)
    .map(({ metric = 0 }) => metric);
}

function distinct(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].toSorted((one, other) => one - other);
}
