/** Routes that still go by an AS number that the configuration does not have any more. */
import type { BgpRoute } from './bgp-route.ts';

export interface OddRoutes {
  readonly routes: number;
  /** The first of them, by destination. */
  readonly destination: string;
  readonly asNumber: number;
}

/** undefined: there is none. */
export function oddRoutes(
  routes: readonly BgpRoute[],
  removed: ReadonlySet<number>,
): OddRoutes | undefined {
  const odd = routes.flatMap(({ destination, asPath }) => {
    const asNumber = asPath.find((one) => removed.has(one));
    return asNumber === undefined ? [] : [{ destination, asNumber }];
  });
  const [first] = odd.toSorted((one, other) => (one.destination < other.destination ? -1 : 1));
  return first && { routes: odd.length, ...first };
}

/** `192.168.2.0/26 and 3 more: AS 64513 is in the AS path, and in the configuration no more` */
export function oddRoutesText({ routes, destination, asNumber }: OddRoutes): string {
  const more = routes === 1 ? '' : ` and ${String(routes - 1)} more`;
  return `${destination}${more}: AS ${String(asNumber)} is in the AS path, and in the configuration no more`;
}
