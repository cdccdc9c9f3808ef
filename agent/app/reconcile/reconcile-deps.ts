import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { AddressDoubt } from '../addresses/address-doubt.ts';
import type { ApplyDeps } from '../apply/apply-plan.ts';
import type { ConfirmingPass } from '../confirm/confirming.ts';
import type { DerivedOf } from '../derive/desired-cache.ts';
import type { Planning } from '../derive/observe-and-plan.ts';
import type { Report } from '../status/report.ts';
import type { Policy } from './policy.ts';

/** The agent's knowledge of this node. */
export interface ThisNode {
  readonly facts: () => NodeFacts;
  /** Doubts about its addresses; absent: the addresses do not matter. */
  readonly addressDoubt?: () => AddressDoubt | undefined;
  /** Why Calico has no Node of this agent's name. Never rejects. */
  readonly explainMissing: () => Promise<string>;
}

/** The parts with which a pass of the reconcile loop works. */
export interface Reconciling extends ApplyDeps {
  readonly node: ThisNode;
  readonly planning: Planning;
  readonly derivedOf: DerivedOf;
  readonly policy: Policy;
  /** The confirmation of a change after it is written. */
  readonly confirming: ConfirmingPass;
  readonly report: Report;
  /** The hint that follows "is in force" in the status. */
  readonly restartHint: () => string;
}
