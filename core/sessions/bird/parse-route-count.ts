/** Reads BIRD's answer to `show route count`, for all its tables. */
import type { Read } from '../session.ts';
import { codes, unreadable, type BirdReply } from './reply.ts';

/** `4 of 4 routes for 4 networks`; BIRD 2: `Total: 3 of 3 routes for 3 networks in 2 tables`. */
const count = /^(?:Total: )?\d+ of (\d+) routes for (\d+) networks\b/;

export interface RouteCount {
  readonly routes: number;
  readonly networks: number;
}

export function parseRouteCount({ lines }: BirdReply): Read<RouteCount> {
  const last = lines.at(-1);
  const [, routes, networks] = count.exec(last?.text ?? '') ?? [];
  if (last?.code !== codes.routeCount || routes === undefined || networks === undefined) {
    return unreadable(last?.text ?? '');
  }
  return { ok: true, value: { routes: Number(routes), networks: Number(networks) } };
}
