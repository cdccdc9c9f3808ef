/**
 * How a plan protects the traffic of a living cluster while it is carried out. Where a plan does
 * not reach a cluster (files alone) there is none, and nothing to wait for.
 */
export interface Traffic {
  /** Guard routes carry it while sessions are made anew. */
  readonly guards: boolean;
}
