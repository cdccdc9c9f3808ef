import type { FleetReport } from '../../core/fleet/fleet-report.ts';
import type { FleetSummary } from '../../core/fleet/summarise-fleet.ts';

/**
 * What the agents of one fleet tell each other while a change runs. Nothing here waits, rejects or
 * throws: what fails is tried again, and `alone` says why.
 */
export interface FleetExchange {
  /**
   * Tells the others how this node is, and from then on learns how they are, until `withdraw`. The
   * caller paces it.
   */
  publish(report: FleetReport): void;
  /**
   * The change has ended here. The report goes away soon, and nothing is written or read any more.
   * @param last how it ended, for others that wait for this node's word
   */
  withdraw(last?: FleetReport): void;
  /** How all nodes are, by the revision that was published last; undefined: not known yet. */
  summary(): FleetSummary | undefined;
  /** Why this agent has to go on without the others, as a clause; undefined: it has not. */
  alone(): string | undefined;
  /** Called after `summary` or `alone` changed. Returns how to end that. */
  onChange(listener: () => void): () => void;
  /** The process ends. A change that is still open is taken up by the next one. */
  stop(): Promise<void>;
}
