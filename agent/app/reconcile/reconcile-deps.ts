import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { AddressDoubt } from '../addresses/address-doubt.ts';
import type { ApplyDeps } from '../apply/apply-plan.ts';
import type { ConfirmingPass } from '../confirm/confirming.ts';
import type { DerivedOf } from '../derive/desired-cache.ts';
import type { Planning } from '../derive/observe-and-plan.ts';
import type { Report } from '../status/report.ts';
import type { Policy } from './policy.ts';

/** This node, as far as the agent knows it. */
export interface ThisNode {
  readonly facts: () => NodeFacts;
  /** What is in doubt about its addresses; absent: they do not matter. */
  readonly addressDoubt?: () => AddressDoubt | undefined;
  /** Why Calico has no Node of this agent's name. Never rejects. */
  readonly explainMissing: () => Promise<string>;
}

/** What a pass of the reconcile loop works with. */
export interface Reconciling extends ApplyDeps {
  readonly node: ThisNode;
  readonly planning: Planning;
  readonly derivedOf: DerivedOf;
  readonly policy: Policy;
  /** What becomes of a change after it is written. */
  readonly confirming: ConfirmingPass;
  readonly report: Report;
  /** For the status, after "is in force". */
  readonly restartHint: () => string;
}
