import type { Issue } from '../../../core/issue.ts';
import type { ChangeOf } from '../../../core/plan/target-of.ts';
import type { ObservedPlatform } from '../../../core/platform/observed-platform.ts';

/** The files and services of this machine's platform, as a target of plans. */
export interface HostChanges {
  /** Whether the agent has edited files that are not put back. @throws AppError */
  hasEdits(): Promise<boolean>;
  /** @throws AppError */
  observe(): Promise<ObservedPlatform>;
  /** Why these changes would be refused, found without changing anything. */
  preflight(changes: readonly ChangeOf<'host'>[]): Promise<readonly Issue[]>;
  /**
   * A file that does not have the text of the plan any more stays, with a datastore-conflict: the
   * next pass reads it again. @throws AppError
   */
  apply(change: ChangeOf<'host'>): Promise<void>;
}
