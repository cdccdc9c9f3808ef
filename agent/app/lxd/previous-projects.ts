import { sameRevision } from '../../../core/revision/judge-offer.ts';
import { profilesIn } from '../../../core/stored/entry-profiles.ts';
import type { DerivedOf } from '../derive/desired-cache.ts';
import type { Records } from '../state/records.ts';

/**
 * LXD projects in which configurations before the accepted one may have changed something: the one
 * in force, and changes that began since. A configuration in force has already removed the settings
 * of its predecessors.
 */
export async function previousProjects(
  { state, journal }: Records,
  derivedOf: DerivedOf,
): Promise<readonly string[]> {
  const { accepted, inForce } = state.current();
  const isInForce =
    accepted !== undefined && inForce !== undefined && sameRevision(accepted, inForce);
  const [open, [last]] = await Promise.all([journal.open(), journal.summaries()]);
  const begun = [...(open === undefined ? [] : profilesIn(open)), ...(last?.profiles ?? [])];
  const previous = inForce === undefined || isInForce ? undefined : await derivedOf(inForce);
  return [
    ...new Set([...(previous?.desired.lxd?.pruneIn ?? []), ...begun.map(({ project }) => project)]),
  ];
}
