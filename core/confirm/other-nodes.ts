/** The other nodes' judgement of a change, for the agent that wrote it for all nodes. */
import type { Health } from './health.ts';

/** Each a clause; absent: there is no such node. */
export interface OtherNodes {
  /** Nodes that are not known to be healthy yet. */
  readonly awaited?: string;
  /** How many nodes are healthy with the revision; absent: nobody knows of any. */
  readonly healthy?: number;
  /** Nodes where the revision is in force, and which are not healthy. */
  readonly unhealthy?: string;
  /** Nodes that rolled the revision back. */
  readonly rolledBack?: string;
}

/**
 * The health of a cluster-wide change, which needs all nodes to be healthy, and not only the one
 * that wrote it.
 */
export function withOtherNodes(own: Health, { unhealthy, rolledBack }: OtherNodes): Health {
  const others = [rolledBack, unhealthy].filter((one) => one !== undefined);
  if (others.length === 0) return own;
  const state = own.state === 'healthy' ? 'unhealthy' : own.state;
  return { ...own, state, reasons: [...own.reasons, ...others] };
}
