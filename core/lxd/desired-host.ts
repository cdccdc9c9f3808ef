import type { LxdSettings } from './settings.ts';

/** What a host of containers shall be. */
export interface DesiredHost {
  /** Absent: nothing of LXD. */
  readonly settings?: LxdSettings;
  /** Projects in whose profiles what is ours goes where it is not meant any more. */
  readonly pruneIn: readonly string[];
}
