/** The events of a fleet, for a person who asks what happened. */

/** Every kind of event. docs/monitoring.md explains each; a test compares the two. */
export const fleetEventKinds = [
  'revision',
  'decided',
  'connected',
  'away',
  'forgotten',
  'identity-refused',
  'confirmed',
  'failed',
  'rolling-back',
  'rolled-back',
  'replaced',
  'sessions-down',
  'sessions-up',
  'needs-person',
  'hold',
  'hold-ended',
  'degraded',
  'rollout-step',
  'rollout-waits',
  'rollout-paused',
  'rollout-back',
  'rollout-done',
  'rollout-aborted',
  'rollout-superseded',
] as const;

export type FleetEventKind = (typeof fleetEventKinds)[number];

/** The part of an event that a place in the controller knows. */
export interface FleetHappening {
  readonly kind: FleetEventKind;
  /** warning: a person should check it during the day. error: a change failed or was rolled back. */
  readonly level: 'info' | 'warning' | 'error';
  /** For people, one sentence, without the names of nodes. */
  readonly text: string;
  /** Number of the revision. */
  readonly revision?: number;
  /** The nodes that it concerns; absent: the whole fleet. */
  readonly nodes?: readonly string[];
}

export interface FleetEvent extends Omit<FleetHappening, 'nodes' | 'revision'> {
  /** Counts up; with a greater number after a restart of the controller. */
  readonly id: number;
  /** RFC 3339. */
  readonly at: string;
  readonly revision?: number | undefined;
  readonly nodes?:
    | {
        readonly count: number;
        /** The first of them, by name. */
        readonly names: readonly string[];
      }
    | undefined;
}
