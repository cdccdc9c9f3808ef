/** BGP sessions as BIRD shows them: only observations, without expectations. */
import type { Family } from '../config/model.ts';

/**
 * A read value, or why it could not be read. An answer that cannot be read tells nothing about
 * sessions.
 */
export type Read<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/**
 * RFC 4271's states, and BIRD's own: Passive (it waits for the neighbour to connect), Close (it is
 * about to end) and Down (disabled).
 */
export const sessionStates = [
  'Idle',
  'Connect',
  'Active',
  'OpenSent',
  'OpenConfirm',
  'Established',
  'Close',
  'Passive',
  'Down',
] as const;
export type SessionState = (typeof sessionStates)[number];

/** A time before the answer. For times older than 20 hours BIRD shows only the day. */
export interface Ago {
  readonly seconds: number;
  /** True: only the day is known, and seconds count from its beginning. */
  readonly isDay: boolean;
}

export interface RouteLimit {
  /** receive: before the filter. import: after it. export: to the neighbour. */
  readonly kind: 'receive' | 'import' | 'export';
  readonly limit: number;
  readonly isHit: boolean;
}

/** The routes of one address family over a session. */
export interface SessionChannel {
  readonly family: Family;
  /** Absent: the channel is down, and BIRD counts nothing. */
  readonly routes?: {
    readonly imported: number;
    /** Absent: not known. */
    readonly exported?: number;
    readonly preferred: number;
    /** Absent: BIRD keeps no filtered routes. */
    readonly filtered?: number;
  };
  readonly limits: readonly RouteLimit[];
}

export interface BgpSession {
  /** The protocol's name in BIRD: Mesh_10_0_0_2, Global_10_0_0_1, Node_10_0_1_1_port_1179. */
  readonly name: string;
  readonly state: SessionState;
  /** Since when the protocol has had its state (up, starting, down). */
  readonly since?: Ago;
  /** Canonical, without zone. Absent: it waits for neighbours of a whole network. */
  readonly neighbor?: string;
  /** Absent: 179, or BIRD 1.6, which does not show it; the name may have it. */
  readonly port?: number;
  /**
   * The AS number in BIRD's configuration, also if the neighbour has another one. 0: any. Absent:
   * the session is brief.
   */
  readonly remoteAs?: number;
  /** calico-node reported it, without port, AS numbers, timers and errors. */
  readonly isBrief?: true;
  /** BIRD 1.6 does not show it; it is then known only for internal sessions that are up. */
  readonly localAs?: number;
  readonly channels: readonly SessionChannel[];
  /** In BIRD's words: `Socket: Connection refused`. For a session that is up it is an old error. */
  readonly lastError?: string;
  /** The neighbour's message when it shut the session down (RFC 8203). */
  readonly message?: string;
  /** Seconds; 0 of 0: the session has none. */
  readonly holdTimer?: { readonly left: number; readonly of: number };
  readonly sourceAddress?: string;
  readonly neighborId?: string;
  /** The neighbour restarts, and its routes stay until then. */
  readonly isRestarting?: true;
}

/** BIRD 1.6 does not show the port, but Calico puts it into the name. Absent: 179. */
export function portOf({ port, name }: BgpSession): number | undefined {
  const [, named] = /_port_(\d{1,5})$/.exec(name) ?? [];
  return port ?? (named === undefined ? undefined : Number(named));
}

export interface BirdStatus {
  /** `1.6.8`, `v0.3.3+birdv1.6.8`, `2.0.12`. */
  readonly version: string;
  readonly routerId: string;
  readonly activity: 'running' | 'reconfiguring' | 'shutting-down';
  /** When BIRD loaded its configuration. */
  readonly reconfigured?: Ago;
  readonly started?: Ago;
  /**
   * After a start with -R: BIRD gives the kernel no routes until all sessions are Established, for
   * at most 240 s.
   */
  readonly isRecovering: boolean;
}

/** One BGP daemon of this node, with its status and its sessions. */
export type ObservedDaemon =
  | {
      readonly ok: true;
      /**
       * The source of the answer: the path of its socket, or the CalicoNodeStatus with the report.
       */
      readonly at: string;
      /** Absent: it follows from the name of its socket. */
      readonly family?: Family;
      /** The reporter of the sessions; absent: BIRD itself was asked. */
      readonly by?: 'calico-node';
      readonly status: BirdStatus;
      readonly sessions: readonly BgpSession[];
      /** Routes in all its tables. */
      readonly routes: number;
    }
  | {
      readonly ok: false;
      readonly at: string;
      readonly family?: Family;
      readonly by?: 'calico-node';
      readonly fault: DaemonFault;
      readonly why: string;
    };

/**
 * denied: this user may not open the socket. foreign: it belongs to a user who is not root. silent:
 * no answer, or not in time. unreadable: the answer does not have BIRD's form, or is too long.
 * stale: the last report is too old to count.
 */
export type DaemonFault = 'denied' | 'foreign' | 'silent' | 'unreadable' | 'stale';
