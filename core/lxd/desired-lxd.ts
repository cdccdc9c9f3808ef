import type { LxdSettings } from './settings.ts';

/** Desired state of an LXD host. */
export interface DesiredLxd {
  /** Absent: the configuration has no settings for LXD. */
  readonly settings?: LxdSettings;
  /** Projects in whose profiles settings of ours are removed that are not desired any more. */
  readonly pruneIn: readonly string[];
}
