/** Reads the output of `ip -json -Numeric route show` (iproute2's iproute.c). */
import type { Family } from '../config/model.ts';
import { parseAddress, parseNetwork } from '../config/net/address.ts';
import { isMap, valueAt } from '../input/plain-data.ts';
import type { Read } from '../sessions/session.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { printedNumber } from './printed-number.ts';

export interface PrintedRoute {
  /** A network in canonical form. */
  readonly destination: string;
  readonly kind: 'unicast' | 'throw' | 'other';
  /** Absent: the list is for one table only. */
  readonly table?: number;
  /** Absent: the list is for one protocol only. */
  readonly protocol?: number;
  readonly metric?: number;
  /**
   * The path of a unicast route; absent: it has fields that cannot be copied, for example an
   * encapsulation.
   */
  readonly path?: RoutePath;
}

/** The next hops for the packets to a destination. */
export interface RoutePath {
  readonly nextHops: readonly GuardHop[];
  /** The preferred source address. */
  readonly source?: string;
}

export interface GuardHop {
  /** Absent: directly on the device. */
  readonly gateway?: string;
  readonly device: string;
  readonly weight: number;
  /** The gateway is on this link, although no network of the link holds it. */
  readonly isOnLink: boolean;
}

/** @param value the output, parsed as JSON */
export function parseRoutes(value: unknown, family: Family): Read<readonly PrintedRoute[]> {
  if (!Array.isArray(value)) return { ok: false, why: 'ip did not print a list of routes' };
  const routes: PrintedRoute[] = [];
  for (const entry of value as readonly unknown[]) {
    const route = routeOf(entry, family);
    if (route === undefined) return { ok: false, why: 'ip printed a route that cannot be read' };
    routes.push(route);
  }
  return { ok: true, value: routes };
}

function routeOf(entry: unknown, family: Family): PrintedRoute | undefined {
  const destination = networkOf(valueAt(entry, 'dst'), family);
  if (destination === undefined) return undefined;
  const kind = kindOf(valueAt(entry, 'type'));
  const table = printedNumber(valueAt(entry, 'table'));
  const protocol = printedNumber(valueAt(entry, 'protocol'));
  const metric = printedNumber(valueAt(entry, 'metric'));
  const path = kind === 'unicast' ? pathOf(entry) : undefined;
  return { destination, kind, ...withoutUndefined({ table, protocol, metric, path }) };
}

/** RTN_THROW is 9; without a type the route is unicast. */
function kindOf(type: unknown): PrintedRoute['kind'] {
  if (type === undefined || type === 'unicast' || type === '1') return 'unicast';
  return type === 'throw' || type === '9' ? 'throw' : 'other';
}

/**
 * Fields that a copy takes over or may leave out: those that the kernel adds, and those of the
 * table.
 */
const knownFields: ReadonlySet<string> = new Set([
  ...['type', 'dst', 'table', 'protocol', 'metric', 'scope', 'flags', 'pref'],
  ...['gateway', 'via', 'dev', 'prefsrc', 'nexthops', 'cache'],
]);
const knownHopFields: ReadonlySet<string> = new Set(['gateway', 'via', 'dev', 'weight', 'flags']);

function pathOf(entry: unknown): RoutePath | undefined {
  if (!isMap(entry) || !Object.keys(entry).every((key) => knownFields.has(key))) return undefined;
  const several = entry['nexthops'];
  const hops = Array.isArray(several) ? several.map(listedHopOf) : [hopOf(entry)];
  const nextHops = hops.filter((hop) => hop !== undefined);
  if (nextHops.length === 0 || nextHops.length !== hops.length) return undefined;
  if (entry['prefsrc'] === undefined) return { nextHops };
  const source = addressOf(entry['prefsrc']);
  return source === undefined ? undefined : { nextHops, source };
}

function listedHopOf(hop: unknown): GuardHop | undefined {
  const isKnown = isMap(hop) && Object.keys(hop).every((key) => knownHopFields.has(key));
  return isKnown ? hopOf(hop) : undefined;
}

/**
 * Only names that `ip -batch` reads as one word, because it knows quotes, comments and continued
 * lines.
 */
const deviceName = /^[A-Za-z0-9_.:@-]{1,15}$/;

function hopOf(hop: unknown): GuardHop | undefined {
  const device = valueAt(hop, 'dev');
  if (typeof device !== 'string' || !deviceName.test(device)) return undefined;
  const printed = valueAt(hop, 'gateway') ?? valueAt(hop, 'via', 'host');
  const gateway = addressOf(printed);
  if (printed !== undefined && gateway === undefined) return undefined;
  const weight = printedNumber(valueAt(hop, 'weight')) ?? 1;
  const flags = valueAt(hop, 'flags');
  return {
    ...(gateway !== undefined && { gateway }),
    device,
    weight: Math.min(256, Math.max(1, weight)),
    isOnLink: Array.isArray(flags) && flags.includes('onlink'),
  };
}

function addressOf(text: unknown): string | undefined {
  const parsed = typeof text === 'string' ? parseAddress(text) : undefined;
  return parsed?.ok === true ? parsed.value.address : undefined;
}

function networkOf(text: unknown, family: Family): string | undefined {
  if (text === 'default') return defaultOf(family);
  if (typeof text !== 'string') return undefined;
  const whole = text.includes('/') ? text : `${text}/${family === 4 ? 32 : 128}`;
  const parsed = parseNetwork(whole);
  if (!parsed.ok || parsed.value.network.family !== family) return undefined;
  return parsed.value.network.cidr;
}

export function defaultOf(family: Family): string {
  return family === 4 ? '0.0.0.0/0' : '::/0';
}
