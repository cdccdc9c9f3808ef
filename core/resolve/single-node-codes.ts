/** Codes of what is said of one node alone; with the whole fleet, its own checks say it better. */
import type { Issue } from '../issue.ts';

/** Rules go by subnet, and no address of the node is known. */
export const addressUnknown = 'address-unknown';
/** The mesh is off, and the node has no peer of its own. */
export const nodeWithoutPeers = 'node-without-peers';

export function withoutSingleViews(issues: readonly Issue[]): readonly Issue[] {
  return issues.filter(({ code }) => code !== addressUnknown && code !== nodeWithoutPeers);
}
