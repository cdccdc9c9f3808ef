import type { Change } from '../plan.ts';

/** The steps that a plan may have, in their order. */
export type PhaseKey =
  | 'pools'
  | 'encapsulation'
  | 'nodes'
  | 'peers'
  | 'configuration'
  | 'reflectors'
  | 'mesh-off'
  | 'encapsulation-by-bgp'
  | 'plain-nodes'
  | 'removals'
  | 'pool-deletions';

/** A step before its gates are set. */
export interface Phase {
  readonly key: PhaseKey;
  readonly title: string;
  /** Why it has this place in the order. */
  readonly why: string;
  readonly changes: readonly Change[];
}
