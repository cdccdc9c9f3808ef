import type { FleetReport } from '../../core/fleet/fleet-report.ts';
import type { FleetSummary } from '../../core/fleet/summarise-fleet.ts';

/**
 * Exchanges fleet reports while a change runs. No method waits, rejects or throws: the exchange
 * tries again after a failure, and `alone` gives the reason.
 */
export interface FleetExchange {
  /**
   * Sends this node's report to the other agents, and from then on reads theirs, until `withdraw`.
   * The caller limits the rate.
   * @param isOwnOnly the other nodes may have nothing to report: nothing is remembered of those that do not
   */
  publish(report: FleetReport, isOwnOnly?: boolean): void;
  /**
   * Called when the change has ended here. The exchange soon removes the report, and writes and
   * reads no more.
   * @param last the final report, for other agents that wait for this node
   */
  withdraw(last?: FleetReport): void;
  /**
   * The summary of all nodes for the revision of the last published report; undefined: not known
   * yet.
   */
  summary(): FleetSummary | undefined;
  /** Why this agent has to go on without the other nodes, as a clause; undefined: it does not. */
  alone(): string | undefined;
  /** Calls the listener after `summary` or `alone` changed. Returns a function that ends this. */
  onChange(listener: () => void): () => void;
  /** Called at the end of the process. The next process continues an open change. */
  stop(): Promise<void>;
}
