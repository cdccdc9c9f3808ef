/**
 * The lines for `ip -batch` that begin a guard, remove some of its routes, or end it. A line may
 * run twice without harm, and the traffic stays as it is after each of the lines: the first rule
 * alone changes nothing, and the second one comes when the table is complete.
 */
import type { Family } from '../config/model.ts';
import { guardProtocol, markers, type GuardSettings } from './guard-settings.ts';
import { copyRoutes } from './copy-routes.ts';
import type { PrintedRoute, RoutePath } from './parse-routes.ts';
import type { PrintedRule } from './parse-rules.ts';

/** The rules and routes of one family in the kernel. */
export interface ObservedFamily {
  readonly family: Family;
  readonly rules: readonly PrintedRule[];
  /** Routes with our protocol, in any table. */
  readonly ours: readonly PrintedRoute[];
}

/** Observations that the beginning needs as well. */
export interface ObservedMain extends ObservedFamily {
  /** All routes in the guard's table, of any program. */
  readonly table: readonly PrintedRoute[];
  /** BIRD's routes in the main table. */
  readonly bird: readonly PrintedRoute[];
}

/** Whole seconds since the boot. */
export interface GuardTimes {
  readonly since: number;
  readonly until: number;
}

const mainTable = 254;
const proto = `protocol ${String(guardProtocol)}`;

export function isOurRule({ protocol }: PrintedRule): boolean {
  return protocol === guardProtocol;
}

/**
 * The markers of a guard that begins, or that gets another deadline; the old ones are removed after
 * the new ones are there. Only IPv4's table has markers.
 */
export function markerLines(
  { ours }: Pick<ObservedFamily, 'ours'>,
  { table }: GuardSettings,
  times: GuardTimes,
): readonly string[] {
  // The deadline comes first, because a guard without one counts as past its deadline.
  const desired = [
    { destination: markers.until, metric: times.until },
    { destination: markers.since, metric: times.since },
  ];
  const isWanted = (route: PrintedRoute): boolean =>
    desired.some(
      (one) => one.destination === route.destination && one.metric === (route.metric ?? 0),
    );
  const stale = ours.filter(
    (route) => route.kind === 'throw' && route.table === table && !isWanted(route),
  );
  const line = (verb: string, destination: string, metric: number): string =>
    `route ${verb} throw ${destination} table ${String(table)} metric ${String(metric)} ${proto}`;
  return [
    ...desired.map(({ destination, metric }) => line('replace', destination, metric)),
    ...stale.map(({ destination, metric = 0 }) => line('del', destination, metric)),
  ];
}

/** Makes the table the same as BIRD's routes in the main table now. */
export function copyLines(
  { family, ours, bird }: ObservedMain,
  { table }: GuardSettings,
): readonly string[] {
  const there = new Map(
    ours
      .filter((route) => route.kind === 'unicast' && route.table === table)
      .map((route) => [route.destination, route.path]),
  );
  const { copies } = copyRoutes(bird, family);
  const stale = [...there.keys()].filter((destination) => !copies.has(destination));
  const differing = [...copies].filter(
    ([destination, path]) => !samePath(there.get(destination), path),
  );
  return [
    ...stale.map((destination) => removal(destination, table)),
    ...differing.map(([destination, path]) => replacement(destination, path, table)),
  ];
}

/**
 * The rules. With the first one every route of the main table except the default wins over the
 * copies.
 */
export function ruleLines(
  { rules }: ObservedFamily,
  { table, priority }: GuardSettings,
): readonly string[] {
  const own = rules.filter(isOurRule);
  const has = (desired: Partial<PrintedRule>): boolean =>
    own.some((rule) => rule.priority === desired.priority && rule.table === desired.table);
  const first = `rule add priority ${String(priority)} lookup ${String(mainTable)} suppress_prefixlength 0 ${proto}`;
  const second = `rule add priority ${String(priority + 1)} lookup ${String(table)} ${proto}`;
  return [
    ...(has({ priority, table: mainTable }) ? [] : [first]),
    ...(has({ priority: priority + 1, table }) ? [] : [second]),
  ];
}

/** Whether both rules are there, after which nothing may be copied any more. */
export function isWhole(observed: ObservedFamily, settings: GuardSettings): boolean {
  return ruleLines(observed, settings).length === 0;
}

/** Removes everything of ours, in any table and with any priority. The markers come last. */
export function endLines({ rules, ours }: ObservedFamily): readonly string[] {
  // The greatest priority comes first, so that the copies have no effect before the first rule is
  // removed.
  const ruleRemovals = rules
    .filter(isOurRule)
    .toSorted((one, other) => other.priority - one.priority)
    .map(({ priority }) => `rule del priority ${String(priority)} ${proto}`);
  const routes = ours.filter(({ kind }) => kind !== 'throw');
  const throws = ours.filter(({ kind }) => kind === 'throw');
  return [
    ...ruleRemovals,
    ...routes.map(({ destination, table = 0, metric }) => removal(destination, table, metric)),
    ...throws.map(
      ({ destination, table = 0, metric = 0 }) =>
        `route del throw ${destination} table ${String(table)} metric ${String(metric)} ${proto}`,
    ),
  ];
}

/** Removes the copies for these destinations. */
export function leaveOutLines(
  { ours }: ObservedFamily,
  destinations: ReadonlySet<string>,
): readonly string[] {
  return ours
    .filter(({ kind, destination }) => kind === 'unicast' && destinations.has(destination))
    .map(({ destination, table = 0, metric }) => removal(destination, table, metric));
}

function removal(destination: string, table: number, metric?: number): string {
  const exact = metric === undefined ? '' : ` metric ${String(metric)}`;
  return `route del ${destination} table ${String(table)}${exact} ${proto}`;
}

function replacement(destination: string, { nextHops, source }: RoutePath, table: number): string {
  const head = `route replace ${destination} table ${String(table)} ${proto}`;
  const from = source === undefined ? '' : ` src ${source}`;
  const [only, ...more] = nextHops.map(({ gateway, device, isOnLink }) => {
    const family = gateway?.includes(':') === true ? 'inet6 ' : '';
    const via = gateway === undefined ? '' : `via ${family}${gateway} `;
    return `${via}dev ${device}${isOnLink ? ' onlink' : ''}`;
  });
  if (more.length === 0) return `${head}${from} ${only ?? ''}`;
  const hops = [only, ...more].map(
    (hop, index) => `nexthop ${hop ?? ''} weight ${String(nextHops[index]?.weight ?? 1)}`,
  );
  return `${head}${from} ${hops.join(' ')}`;
}

function samePath(one: RoutePath | undefined, other: RoutePath): boolean {
  return one !== undefined && JSON.stringify(canonical(one)) === JSON.stringify(canonical(other));
}

function canonical({ nextHops, source = '' }: RoutePath): readonly unknown[] {
  const isAlone = nextHops.length === 1;
  const hops = nextHops.map(({ gateway = '', device, weight, isOnLink }) =>
    [gateway, device, isAlone ? 1 : weight, isOnLink].join(' '),
  );
  return [source, ...hops.toSorted()];
}
