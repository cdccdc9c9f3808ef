/** The adapters whose failures the status shows, in its order. */
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';

/** An entry of the status' list of adapters that fail again and again. */
export type DegradedAdapter = NonNullable<AgentStatus['degraded']>[number];

/** The adapters, with their names for people. */
export const adapterNames = {
  datastore: 'the datastore',
  lxd: 'LXD',
  cloud: 'the cloud',
  bird: 'BIRD',
  'calico-node-status': 'CalicoNodeStatus',
  fleet: "the other nodes' reports",
  'guard-routes': 'guard routes',
  controller: 'the controller',
  certificate: "the renewal of this node's certificate",
} as const;

export type AdapterName = keyof typeof adapterNames;

/** The number of failures in a row from which on an adapter is degraded; a single one may pass. */
export const degradedAfter = 3;

/** The limit in the schema. */
const longestReason = 1024;

/** The failures of an adapter in a row. */
export interface Failing {
  readonly attempts: number;
  /** The time of the first failure, RFC 3339. */
  readonly since: string;
  readonly reason: string;
  /** RFC 3339; absent: the agent tries again when it needs the adapter. */
  readonly nextAttemptAt?: string;
}

/** @param failing by adapter; it has at most one entry for each */
export function degradedAdapters(
  failing: ReadonlyMap<AdapterName, Failing>,
): readonly DegradedAdapter[] {
  return Object.keys(adapterNames).flatMap((adapter) => {
    const one = isAdapterName(adapter) ? failing.get(adapter) : undefined;
    if (one === undefined || one.attempts < degradedAfter) return [];
    return [{ adapter, ...one, reason: one.reason.slice(0, longestReason) }];
  });
}

function isAdapterName(name: string): name is AdapterName {
  return Object.hasOwn(adapterNames, name);
}

/** A newer agent may have adapters that this program does not know. */
export function adapterText(adapter: string): string {
  return isAdapterName(adapter) ? adapterNames[adapter] : adapter;
}

/** `LXD: 7 attempts failed since 2026-11-27T03:12:00Z; next attempt at …: REASON` */
export function degradedText({ adapter, ...failing }: DegradedAdapter): string {
  const { attempts, since, reason, nextAttemptAt } = failing;
  const next =
    nextAttemptAt === undefined
      ? 'the agent tries again when a change needs it'
      : `next attempt at ${nextAttemptAt}`;
  return `${adapterText(adapter)}: ${String(attempts)} attempts failed since ${since}; ${next}: ${reason}`;
}
