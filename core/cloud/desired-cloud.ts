import type { CloudSettings } from './settings.ts';

/** The desired state of the cloud for one node. */
export interface DesiredCloud {
  readonly settings: CloudSettings;
  /** The node's own addresses, canonical: interfaces that have one of them get the setting. */
  readonly addresses: readonly string[];
}
