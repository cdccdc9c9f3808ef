import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Journal } from '../../ports/journal.ts';
import type { Derived } from '../../../core/deciding/question.ts';
import { profilesIn } from '../../../core/stored/entry-profiles.ts';
import type { StateStore } from '../state/agent-state.ts';

interface PreviousProjectsDeps {
  readonly state: Pick<StateStore, 'current'>;
  readonly journal: Pick<Journal, 'open' | 'summaries'>;
  readonly derivedOf: (revision: RevisionRef) => Promise<Derived>;
}

/**
 * Projects of LXD that configurations before the accepted one may have changed: the one in force,
 * and what was begun since. One that is in force has taken out already what those before had set.
 */
export async function previousProjects(deps: PreviousProjectsDeps): Promise<readonly string[]> {
  const { accepted, inForce } = deps.state.current();
  const isInForce =
    accepted !== undefined && inForce !== undefined && sameRevision(accepted, inForce);
  const [open, [last]] = await Promise.all([deps.journal.open(), deps.journal.summaries()]);
  const begun = [...(open === undefined ? [] : profilesIn(open)), ...(last?.profiles ?? [])];
  const former = inForce === undefined || isInForce ? undefined : await deps.derivedOf(inForce);
  return [
    ...new Set([...(former?.desired.lxd?.pruneIn ?? []), ...begun.map(({ project }) => project)]),
  ];
}
