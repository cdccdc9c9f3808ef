import type { DesiredCloud } from '../../../core/cloud/desired-cloud.ts';
import type { ObservedCloud } from '../../../core/cloud/observed-cloud.ts';
import type { Issue } from '../../../core/issue.ts';
import type { ChangeOf } from '../../../core/plan/target-of.ts';

/** The network interfaces that the cloud gave this machine, as a target of plans. */
export interface Cloud {
  /** Whether the agent has changed interfaces that are not put back. @throws AppError */
  hasNotes(): Promise<boolean>;
  /**
   * Reads the interfaces. For the same desired object the answer may be some minutes old, unless an
   * interface was attached or detached since.
   * @param desired absent: the agent only puts back what it changed
   * @param node the name of Calico's Node
   * @throws AppError not-ready (retryable) where this is no instance or its metadata service does
   *   not answer, access-denied where the instance profile lacks a right, busy (retryable) where
   *   EC2 answers too slowly or to nobody
   */
  observe(desired: DesiredCloud | undefined, node: string): Promise<ObservedCloud>;
  /** Tries the changes with EC2's dry run. */
  preflight(changes: readonly ChangeOf<'cloud'>[]): Promise<readonly Issue[]>;
  /** The original is on disk before the first write to an interface. @throws AppError as observe */
  apply(change: ChangeOf<'cloud'>): Promise<void>;
}
