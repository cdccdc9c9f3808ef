/** Chooses the routes of BIRD that the guard copies. */
import type { Family } from '../config/model.ts';
import { defaultOf, type PrintedRoute, type RoutePath } from './parse-routes.ts';

export interface Copies {
  /** The copies by destination. */
  readonly copies: ReadonlyMap<string, RoutePath>;
  /** Number of unicast routes with fields that cannot be copied, for example an encapsulation. */
  readonly uncopied: number;
}

/**
 * Leaves out blackholes and unreachable routes, which carry no traffic, and the default route: its
 * copy would win over every default route of the main table, also over those of other programs.
 */
export function copyRoutes(bird: readonly PrintedRoute[], family: Family): Copies {
  const copies = new Map<string, RoutePath>();
  let uncopied = 0;
  const unicast = bird.filter(
    ({ kind, destination }) => kind === 'unicast' && destination !== defaultOf(family),
  );
  // If there are several routes to one destination, the kernel takes the one with the least metric.
  for (const { destination, path } of unicast.toSorted(byMetric)) {
    if (path === undefined) uncopied += 1;
    else if (!copies.has(destination)) copies.set(destination, path);
  }
  return { copies, uncopied };
}

function byMetric(one: PrintedRoute, other: PrintedRoute): number {
  return (one.metric ?? 0) - (other.metric ?? 0);
}
