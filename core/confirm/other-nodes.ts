/** What the other nodes say of a change, for the agent that wrote it for all of them. */
import type { Health } from './health.ts';

/** Each a clause; absent: there is no such node. */
export interface OtherNodes {
  /** Nodes that have not proven themselves yet. */
  readonly awaited?: string;
  /** How many nodes are healthy with the revision; absent: nobody knows of any. */
  readonly healthy?: number;
  /** Nodes where the revision is in force, and which are not healthy. */
  readonly unhealthy?: string;
  /** Nodes that rolled the revision back: for them it has failed for good. */
  readonly rolledBack?: string;
}

/** A cluster-wide change is healthy where all nodes are, and not the one alone that wrote it. */
export function withOtherNodes(own: Health, { unhealthy, rolledBack }: OtherNodes): Health {
  const others = [rolledBack, unhealthy].filter((one) => one !== undefined);
  if (others.length === 0) return own;
  const state = own.state === 'healthy' ? 'unhealthy' : own.state;
  return { ...own, state, reasons: [...own.reasons, ...others] };
}
