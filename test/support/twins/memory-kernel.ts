/** Rules and routes of a kernel, as `ip` shows and changes them. */
import type { Family } from '../../../core/config/model.ts';
import { IpFailure, type IpProgram } from '../../../agent/adapters/guard-routes/ip-program.ts';

export interface KernelRule {
  readonly priority: number;
  readonly table: number;
  readonly protocol?: number;
  readonly suppress?: number;
}

export interface KernelEntry {
  readonly destination: string;
  readonly table: number;
  readonly protocol: number;
  readonly metric: number;
  readonly kind: 'unicast' | 'throw' | 'blackhole';
  /** `via 10.0.0.2 dev eth0`, one for each next hop. */
  readonly hops: readonly string[];
}

export interface KernelFamily {
  rules: KernelRule[];
  routes: KernelEntry[];
}

export interface MemoryKernel extends IpProgram {
  readonly families: Readonly<Record<Family, KernelFamily>>;
  /** The number of lines that it still carries out, before their sender is killed; absent: all. */
  linesLeft: number | undefined;
  isPermitted: boolean;
}

/** As BIRD writes it. */
export const routeOfBird: KernelEntry = {
  destination: '192.168.1.0/26',
  table: 254,
  protocol: 12,
  metric: 0,
  kind: 'unicast',
  hops: ['via 10.0.0.1 dev eth0'],
};

/** The sender is gone. */
class Killed extends Error {}

const usualRules: readonly KernelRule[] = [
  { priority: 0, table: 255 },
  { priority: 32_766, table: 254 },
  { priority: 32_767, table: 253 },
];
const types = { unicast: undefined, throw: '9', blackhole: '6' } as const;

export function createMemoryKernel(): MemoryKernel {
  const families = {
    4: { rules: [...usualRules], routes: [] as KernelEntry[] },
    6: { rules: [...usualRules], routes: [] as KernelEntry[] },
  };
  const kernel: MemoryKernel = {
    families,
    linesLeft: undefined,
    isPermitted: true,
    run: (args, input = '') => {
      const family = families[args.includes('-6') ? 6 : 4];
      if (!args.includes('-batch')) return Promise.resolve(JSON.stringify(show(family, args)));
      return tell(kernel, family, input.split('\n').slice(0, -1), args.includes('-force'));
    },
  };
  return kernel;
}

async function tell(
  kernel: MemoryKernel,
  family: KernelFamily,
  lines: readonly string[],
  goesOn: boolean,
): Promise<string> {
  let failed = false;
  for (const line of lines) {
    if (kernel.linesLeft === 0) throw new Killed();
    if (kernel.linesLeft !== undefined) kernel.linesLeft -= 1;
    if (!kernel.isPermitted) throw new IpFailure('not-permitted', 'not permitted');
    if (carryOut(family, line.split(' '))) continue;
    failed = true;
    if (goesOn) continue;
    if (lacksTable(family, line)) throw new IpFailure('no-table', 'no such table');
    break;
  }
  if (failed) throw new IpFailure('other', 'ip ended with 2');
  return '';
}

/** A table comes into being with its first route (fib_get_table). */
function lacksTable({ routes }: KernelFamily, line: string): boolean {
  const table = /^route del .* table (\d+)/.exec(line)?.[1];
  return table !== undefined && !routes.some((route) => route.table === Number(table));
}

function show({ rules, routes }: KernelFamily, args: readonly string[]): unknown {
  if (args.includes('rule')) {
    return rules
      .toSorted((one, other) => one.priority - other.priority)
      .map(({ priority, table, protocol, suppress }) => ({
        priority,
        src: 'all',
        table: String(table),
        ...(suppress !== undefined && { suppress_prefixlen: suppress }),
        ...(protocol !== undefined && { protocol: String(protocol) }),
      }));
  }
  const table = args[args.indexOf('table') + 1];
  const protocol = args.includes('proto') ? Number(args[args.indexOf('proto') + 1]) : undefined;
  const number = table === 'main' ? 254 : Number(table);
  return routes
    .filter((route) => table === 'all' || route.table === number)
    .filter((route) => protocol === undefined || route.protocol === protocol)
    .map((route) => ({
      ...(types[route.kind] !== undefined && { type: types[route.kind] }),
      dst: route.destination,
      ...(table === 'all' && { table: String(route.table) }),
      ...(protocol === undefined && { protocol: String(route.protocol) }),
      ...(route.metric > 0 && { metric: route.metric }),
      flags: [],
      ...(route.hops.length > 1
        ? { nexthops: route.hops.map((hop) => ({ ...printedHop(hop), weight: 1 })) }
        : printedHop(route.hops[0] ?? '')),
    }));
}

function printedHop(hop: string): object {
  const words = hop.split(' ');
  const after = (word: string): string | undefined =>
    words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
  const gateway = after('via') === 'inet6' ? after('inet6') : after('via');
  const flags = words.includes('onlink') ? ['onlink'] : [];
  return { ...(gateway !== undefined && { gateway }), dev: after('dev'), flags };
}

/** @returns whether there was something to change */
function carryOut(family: KernelFamily, words: readonly string[]): boolean {
  const [object, verb] = words;
  const after = (word: string): number | undefined =>
    words.includes(word) ? Number(words[words.indexOf(word) + 1]) : undefined;
  if (object === 'rule') return changeRule(family, verb, after);
  const kind = words[2] === 'throw' ? 'throw' : 'unicast';
  const destination = words[kind === 'throw' ? 3 : 2] ?? '';
  const metric = after('metric');
  const isSame = (route: KernelEntry): boolean =>
    route.destination === destination &&
    route.table === after('table') &&
    (verb === 'replace' ? route.metric === (metric ?? 0) : true) &&
    (verb === 'del' ? metric === undefined || route.metric === metric : true) &&
    (verb === 'del' ? route.protocol === after('protocol') && route.kind === kind : true);
  const rest = family.routes.filter((route) => !isSame(route));
  if (verb === 'del' && rest.length === family.routes.length) return false;
  family.routes = verb === 'del' ? rest : [...rest, entryOf(words, { destination, kind }, after)];
  return true;
}

function entryOf(
  words: readonly string[],
  { destination, kind }: Pick<KernelEntry, 'destination' | 'kind'>,
  after: (word: string) => number | undefined,
): KernelEntry {
  const text = words.join(' ');
  const hops = text.includes('nexthop ')
    ? text
        .split('nexthop ')
        .slice(1)
        .map((hop) => hop.replace(/ weight \d+ ?$/, ''))
    : [text.slice(text.search(/via |dev /))];
  return {
    destination,
    kind,
    table: after('table') ?? 254,
    protocol: after('protocol') ?? 3,
    metric: after('metric') ?? 0,
    hops: kind === 'unicast' ? hops : [],
  };
}

function changeRule(
  family: KernelFamily,
  verb: string | undefined,
  after: (word: string) => number | undefined,
): boolean {
  const priority = after('priority') ?? -1;
  const protocol = after('protocol');
  const isSame = (rule: KernelRule): boolean =>
    rule.priority === priority && rule.protocol === protocol;
  if (verb === 'add') {
    const suppress = after('suppress_prefixlength');
    family.rules.push({
      priority,
      table: after('lookup') ?? 0,
      ...(protocol !== undefined && { protocol }),
      ...(suppress !== undefined && { suppress }),
    });
    return true;
  }
  const found = family.rules.findIndex(isSame);
  if (found === -1) return false;
  family.rules.splice(found, 1);
  return true;
}
