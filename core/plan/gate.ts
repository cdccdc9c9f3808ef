import type { RestartWindow } from '../lxd/settings.ts';
import { nameSome } from '../name-some.ts';
import { refText, type ObjectRef } from '../platform/cluster/object-ref.ts';
import { printable } from '../printable.ts';

/**
 * The condition of each kind of gate. A new kind gets its fields here; the compiler then asks for its
 * text, below, and for its reader in agent/app/apply/gate-readers.ts.
 */
interface Conditions {
  /** No address of the pool with this CIDR is in use. */
  readonly 'pool-free': { readonly cidr: string };
  /** Every live node has guard routes for this revision, or cannot have them. */
  readonly 'fleet-guarding': object;
  /** Every live node that works on this revision has its sessions as its configuration asks for them. */
  readonly 'fleet-sessions': SessionsCondition;
  /** The same for this node alone. */
  readonly 'node-sessions': SessionsCondition;
  /** Every live node has made its own changes that stand before the step: see hasOwnChangesLeft. */
  readonly 'fleet-written': { readonly stableSeconds: number };
  /** Every live node has its files as the revision asks. */
  readonly 'fleet-files': object;
  /** Every live node has restarted the services that read them. */
  readonly 'fleet-restarted': object;
  /** It is this node's turn: see core/fleet/restart-turn.ts. */
  readonly 'restart-turn': {
    /** How many nodes may restart their services at the same time. */
    readonly parallel: number;
    /** When a restart may begin, by the clock of the node; absent: always. */
    readonly window?: RestartWindow;
    /** Long enough for each node to learn that another one has begun. */
    readonly stableSeconds: number;
  };
  /** All pods of the DaemonSet or Deployment are new and available. */
  readonly rollout: { readonly workload: ObjectRef };
  /**
   * Something that the agent cannot do or make happen. It is planned as long as it is not so; `what` completes "waits
   * until", and `digest` names what a person says to have done, where that counts.
   */
  readonly outside: {
    readonly what: string;
    readonly digest?: string;
    /** The part of it that is done once for the cluster, so that the answer counts on all nodes. */
    readonly once?: string;
  };
  /** Every live node has a route again to each pod block that it had one to before the change. */
  readonly 'fleet-routes': object;
}

interface SessionsCondition {
  /** For how long without a break the condition has to be true. */
  readonly stableSeconds: number;
  /** Only the sessions to these addresses, canonical; absent: all. */
  readonly to?: readonly string[];
}

export type GateKind = keyof Conditions;

export type GateOf<K extends GateKind> = {
  readonly [P in K]: {
    readonly kind: P;
    /** The change fails if the gate is still closed after so much waiting. */
    readonly withinSeconds: number;
  } & Conditions[P];
}[K];

/**
 * A condition that must be true before a step may begin. Pure data; its reader finds out whether it
 * is true.
 */
export type Gate = GateOf<GateKind>;

const texts: { readonly [K in GateKind]: (gate: GateOf<K>) => string } = {
  'pool-free': ({ cidr }) => `no address of ${printable(cidr)} is in use`,
  'fleet-guarding': () => 'all nodes have guard routes',
  'fleet-sessions': (gate) => `${sessionsText(gate)} on all nodes, for ${gate.stableSeconds} s`,
  'node-sessions': (gate) => `${sessionsText(gate)} on this node, for ${gate.stableSeconds} s`,
  'fleet-written': ({ stableSeconds }) =>
    `all nodes have made their own changes, for ${String(stableSeconds)} s`,
  'fleet-files': () => 'all nodes have their files as the configuration asks',
  'fleet-restarted': () => 'all nodes have restarted the services that read these files',
  'restart-turn': ({ parallel, window }) =>
    `${parallel === 1 ? 'no other node restarts' : `fewer than ${String(parallel)} other nodes restart`}, all control planes before this node have, and every node is Ready${window === undefined ? '' : ', within the window for restarts'}`,
  rollout: ({ workload }) => `all pods of ${refText(workload)} are new and available`,
  outside: ({ what }) => printable(what),
  'fleet-routes': () => 'all nodes have their routes to pods again',
};

/** `no address of 10.1.0.0/16 is in use`: to be read after "until". */
export function gateText<K extends GateKind>(gate: GateOf<K>): string {
  const text: (gate: GateOf<K>) => string = texts[gate.kind];
  return text(gate);
}

/** `waits until no address of 10.1.0.0/16 is in use; at most 60 s`. */
export function waitText(gate: Gate): string {
  return `waits until ${gateText(gate)}; at most ${gate.withinSeconds} s`;
}

/** For how long the condition has to be true without a break before the gate is open. */
export function stableSecondsOf(gate: Gate): number {
  return 'stableSeconds' in gate ? gate.stableSeconds : 0;
}

function sessionsText({ to }: SessionsCondition): string {
  if (to === undefined) return 'all sessions are Established';
  return to.length === 1
    ? `the session to ${nameSome(to)} is Established`
    : `the sessions to ${listed(to)} are Established`;
}

const maxListed = 10;

function listed(addresses: readonly string[]): string {
  if (addresses.length > maxListed) return nameSome(addresses);
  const shown = addresses.map(printable);
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`;
}
