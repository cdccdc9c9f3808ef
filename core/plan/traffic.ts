/**
 * The protection of a running cluster's traffic while a plan is carried out. A plan that does not
 * reach a cluster (files driver) has none, and waits for nothing.
 */
export interface Traffic {
  /** Guard routes carry it while sessions are made anew. */
  readonly guards: boolean;
  /** Nodes that did not report in the last change of the fleet: nobody knows that they guard. */
  readonly withoutReport?: readonly string[];
}
