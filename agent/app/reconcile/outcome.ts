/** The intent of one pass, and how the pass can end. */
import type { Derived } from '../../../core/deciding/question.ts';
import type { Issue } from '../../../core/issue.ts';
import type { DriftedField } from '../../../core/plan/drift/drifted-field.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { AddressDoubt } from '../addresses/address-doubt.ts';
import type { HoldInForce } from '../apply/known-writer.ts';
import type { AtGate } from '../apply/stop-at-gates.ts';

export type Outcome =
  /** The revision was not in force before. */
  | (InForce & { readonly result: 'entered' })
  | (InForce & { readonly result: 'unchanged'; readonly corrected: boolean })
  /** The agent stops before the change has ended. */
  | { readonly result: 'stopped' }
  /** This agent has written its part; another one has to write the rest. */
  | { readonly result: 'awaiting-writer'; readonly why: string; readonly isBusy: boolean }
  /** The target is absent: LXD or the helper on this machine, or Calico in the datastore. */
  | { readonly result: 'awaiting-system'; readonly why: string }
  /** The change stopped between two of its steps: a gate of the next one is closed. */
  | AtGate
  /** The node or its addresses are unknown. */
  | ({ readonly result: 'awaiting-node' } & AddressDoubt)
  | { readonly result: 'held'; readonly hold: HoldInForce; readonly changes: number }
  | {
      readonly result: 'drifted';
      readonly fields: readonly DriftedField[];
      readonly byOthers: readonly string[];
      /** The policy is to correct, but the agent has corrected it too often recently. */
      readonly isBraked: boolean;
      /** Why this agent may not correct the cluster-wide resources, even on request. */
      readonly refused?: string;
    };

interface InForce {
  readonly derived: Derived;
  readonly isRecordCurrent: boolean;
  /** BGPPeers outside of the configuration that may give this node sessions. */
  readonly byOthers: readonly string[];
  /** About unreadable objects in the datastore. */
  readonly unreadable: readonly Issue[];
}

export interface Intent {
  readonly revision: RevisionRef;
  /** The previous process ended during the change. */
  readonly recovering: boolean;
  /** From the last pass that had nothing left to do. */
  readonly lastInForce: Derived | undefined;
  /** A person asked for the correction, so that it is not reported as news. */
  readonly isAsked: boolean;
  readonly mayCorrect: boolean;
  /** The agent has corrected drift too often recently. */
  readonly isBraked: boolean;
}
