import type { LxdSettings } from './settings.ts';

/** Desired state of an LXD host. */
export interface DesiredLxd {
  /** Absent: nothing of LXD. */
  readonly settings?: LxdSettings;
  /** Projects in whose profiles what is ours goes where it is not meant any more. */
  readonly pruneIn: readonly string[];
}
