/** Which of BIRD's routes the guard copies. */
import type { Family } from '../config/model.ts';
import { defaultOf, type PrintedRoute, type RoutePath } from './parse-routes.ts';

export interface Copies {
  /** By destination. */
  readonly copies: ReadonlyMap<string, RoutePath>;
  /** Unicast routes that say more than can be copied, for example an encapsulation. */
  readonly uncopied: number;
}

/**
 * Not blackholes and unreachable routes, which carry no traffic; and not the default route: a copy
 * of it would win over every default route of the main table, also over those of other programs.
 */
export function copyRoutes(bird: readonly PrintedRoute[], family: Family): Copies {
  const copies = new Map<string, RoutePath>();
  let uncopied = 0;
  const unicast = bird.filter(
    ({ kind, destination }) => kind === 'unicast' && destination !== defaultOf(family),
  );
  // Of several to one destination the kernel takes the one with the least metric.
  for (const { destination, path } of unicast.toSorted(byMetric)) {
    if (path === undefined) uncopied += 1;
    else if (!copies.has(destination)) copies.set(destination, path);
  }
  return { copies, uncopied };
}

function byMetric(one: PrintedRoute, other: PrintedRoute): number {
  return (one.metric ?? 0) - (other.metric ?? 0);
}
