/** Routes that are not as expected after a change of AS numbers. */
import type { BgpRoute } from './bgp-route.ts';
import type { ChangedNextHops } from './changed-next-hops.ts';

export type OddRoutes = RemovedInPath | ChangedNextHops;

/** They still go by an AS number that the configuration does not have any more. */
export interface RemovedInPath {
  readonly routes: number;
  /** The first of them, by destination. */
  readonly destination: string;
  readonly asNumber: number;
}

/** undefined: there is none. */
export function oddRoutes(
  routes: readonly BgpRoute[],
  removed: ReadonlySet<number>,
): RemovedInPath | undefined {
  const odd = routes.flatMap(({ destination, asPath }) => {
    const asNumber = asPath.find((one) => removed.has(one));
    return asNumber === undefined ? [] : [{ destination, asNumber }];
  });
  const [first] = odd.toSorted((one, other) => (one.destination < other.destination ? -1 : 1));
  return first && { routes: odd.length, ...first };
}

/**
 * `192.168.2.0/26 and 3 more: AS 64513 is in the AS path, and in the configuration no more`, or
 * `192.168.2.0/26 goes by 10.0.0.4, and went by 10.0.0.3 before the AS numbers changed`.
 */
export function oddRoutesText(odd: OddRoutes): string {
  const { routes, destination } = odd;
  const more = routes === 1 ? '' : ` and ${String(routes - 1)} more`;
  if ('asNumber' in odd) {
    return `${destination}${more}: AS ${String(odd.asNumber)} is in the AS path, and in the configuration no more`;
  }
  return `${destination} goes by ${odd.nextHop}, and went by ${odd.before} before the AS numbers changed${routes === 1 ? '' : `; so do ${String(routes - 1)} more by other neighbours`}`;
}
