/**
 * Reads the routes of BIRD in the kernel from the output of `ip -json route show` (iproute2's
 * iproute.c).
 */
import type { Family } from '../config/model.ts';
import { parseAddress, parseNetwork } from '../config/net/address.ts';
import type { Read } from './session.ts';

export interface KernelRoute {
  readonly family: Family;
  /** A network in canonical form; `0.0.0.0/0` and `::/0` for the default. */
  readonly destination: string;
  /**
   * blackhole: the node's own block. unreachable: BIRD has the route and cannot resolve its next
   * hop, so packets are refused although the session stands.
   */
  readonly kind: 'unicast' | 'blackhole' | 'unreachable' | 'prohibit';
  readonly nextHops: readonly NextHop[];
}

export interface NextHop {
  /** Absent: directly on the device. */
  readonly gateway?: string;
  readonly device?: string;
}

const kinds = ['unicast', 'blackhole', 'unreachable', 'prohibit'] as const;

/** @param value the output, parsed as JSON */
export function parseKernelRoutes(value: unknown, family: Family): Read<readonly KernelRoute[]> {
  if (!Array.isArray(value)) return { ok: false, why: 'ip did not print a list of routes' };
  const routes: KernelRoute[] = [];
  for (const entry of value as readonly unknown[]) {
    const route = routeOf(entry, family);
    if (route === undefined) return { ok: false, why: 'ip printed a route that cannot be read' };
    routes.push(route);
  }
  return { ok: true, value: routes };
}

function routeOf(entry: unknown, family: Family): KernelRoute | undefined {
  const destination = networkOf(fieldOf(entry, 'dst'), family);
  const type = fieldOf(entry, 'type') ?? 'unicast';
  const kind = kinds.find((known) => known === type);
  if (destination === undefined || kind === undefined) return undefined;
  const several = fieldOf(entry, 'nexthops');
  const hops = Array.isArray(several) ? (several as readonly unknown[]) : [entry];
  const nextHops = kind === 'unicast' ? hops.map(nextHopOf) : [];
  return { family, destination, kind, nextHops };
}

function nextHopOf(hop: unknown): NextHop {
  const via = fieldOf(hop, 'gateway') ?? fieldOf(fieldOf(hop, 'via'), 'host');
  const device = fieldOf(hop, 'dev');
  const parsed = typeof via === 'string' ? parseAddress(via) : undefined;
  return {
    ...(parsed?.ok === true && { gateway: parsed.value.address }),
    ...(typeof device === 'string' && { device }),
  };
}

function networkOf(text: unknown, family: Family): string | undefined {
  if (text === 'default') return family === 4 ? '0.0.0.0/0' : '::/0';
  if (typeof text !== 'string') return undefined;
  const whole = text.includes('/') ? text : `${text}/${family === 4 ? 32 : 128}`;
  const parsed = parseNetwork(whole);
  return parsed.ok && parsed.value.network.family === family
    ? parsed.value.network.cidr
    : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
