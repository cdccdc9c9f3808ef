import type { LxdSettings } from './settings.ts';

/** What a host of containers shall be. */
export interface DesiredHost {
  /** Absent: nothing of LXD. */
  readonly settings?: LxdSettings;
  /** Whether what is ours in profiles that are not meant any more goes. */
  readonly prune: boolean;
}
