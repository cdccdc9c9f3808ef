import { sameRevision } from '../../../core/revision/judge-offer.ts';
import { profilesIn } from '../../../core/stored/entry-profiles.ts';
import type { DerivedOf } from '../derive/desired-cache.ts';
import type { Records } from '../state/records.ts';

/**
 * Projects of LXD that configurations before the accepted one may have changed: the one in force,
 * and what was begun since. One that is in force has taken out already what those before had set.
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
