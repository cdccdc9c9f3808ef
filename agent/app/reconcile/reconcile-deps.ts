import type { Derived } from '../../../core/deciding/question.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Journal } from '../../ports/journal.ts';
import type { AddressDoubt } from '../addresses/address-doubt.ts';
import type { AgentEvent } from '../agent.ts';
import type { Planning } from '../derive/plan-desired.ts';
import type { Proven } from '../state/proven.ts';
import type { Gates } from '../apply/gates.ts';
import type { ClusterWriter } from '../apply/cluster-writer.ts';
import type { StateStore } from '../state/agent-state.ts';
import type { Activity } from '../status/status-board.ts';
import { revisionText } from '../../../core/revision/revision-text.ts';

/** What a pass of the reconcile loop works with. */
export interface ReconcileDeps extends Planning {
  readonly writer: ClusterWriter;
  readonly gates: Gates;
  readonly journal: Journal;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly facts: () => NodeFacts;
  /** Whether it is known which addresses this node has; absent: they do not matter. */
  readonly addressDoubt?: () => AddressDoubt | undefined;
  /** Why Calico has no Node of this agent's name. Never rejects. */
  readonly explainMissingNode: () => Promise<string>;
  readonly derivedOf: (revision: RevisionRef) => Promise<Derived>;
  readonly show: (activity: Activity) => void;
  readonly emit: (event: AgentEvent) => void;
  readonly proven: Proven;
  /** What becomes of what somebody else changed. */
  readonly driftPolicy: () => 'correct' | 'report';
  /** Somebody asked for what differs to be written, whatever the policy; until it was. */
  readonly correction: { isAsked(): boolean; done(): void };
  /** The slow full re-read. */
  readonly reconcileMs: () => number;
  readonly isStopping: () => boolean;
  /** For the status, after what is in force. */
  readonly remark: () => string;
}

/** How a message names a revision. */
export function nameOf(revision: RevisionRef): string {
  return `revision ${revisionText(revision)}`;
}
