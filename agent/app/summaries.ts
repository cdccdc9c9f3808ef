import type { RevisionRef } from '../../core/revision/revision.ts';
import { sameRevision } from '../../core/revision/judge-offer.ts';
import type { JournalEntry, JournalPlan } from '../../schemas/generated/journal.ts';
import type { Journal } from '../ports/journal.ts';
import type { RevisionStore, StoredRevisionInfo } from '../ports/revision-store.ts';
import type { RevisionSummary } from './agent.ts';
import type { AgentState } from './state-keeper.ts';

/** The history, newest first; also without a daemon. */
export async function summarizeRevisions(
  store: RevisionStore,
  journal: Journal,
  state: AgentState | undefined,
): Promise<readonly RevisionSummary[]> {
  const [revisions, history, open] = await Promise.all([
    store.list(),
    journal.history(),
    journal.open(),
  ]);
  const changes = open === undefined ? history : [open, ...history];
  return revisions.map((revision) => summarize(revision, changes, state));
}

function summarize(
  { lineage, number, digest, acceptedAt, source, by }: StoredRevisionInfo,
  changes: readonly JournalEntry[],
  state: AgentState | undefined,
): RevisionSummary {
  const ref = { lineage, number, digest };
  const rejection = state?.rejected.find((one) => sameRevision(one, ref));
  const outcome = outcomeOf(changes.find(({ revision }) => sameRevision(revision, ref)));
  return {
    ...ref,
    acceptedAt,
    source,
    by,
    states: statesOf(ref, state, rejection !== undefined),
    ...(outcome === undefined ? {} : { outcome }),
    ...(rejection === undefined ? {} : { rejection }),
  };
}

function statesOf(
  ref: RevisionRef,
  state: AgentState | undefined,
  rejected: boolean,
): RevisionSummary['states'] {
  const is = (other: RevisionRef | undefined): boolean =>
    other !== undefined && sameRevision(other, ref);
  const states: RevisionSummary['states'][number][] = [];
  if (is(state?.accepted)) states.push('accepted');
  if (is(state?.inForce)) states.push('in-force');
  if (is(state?.confirmed)) states.push('confirmed');
  if (rejected) states.push('rejected');
  return states;
}

function outcomeOf(entry: JournalEntry | undefined): RevisionSummary['outcome'] {
  if (entry === undefined) return undefined;
  const { ended, failure, plan } = entry;
  if (ended?.result === 'applied')
    return { result: 'applied', at: ended.at, changes: countChanges(plan) };
  const at = ended?.at ?? failure?.at;
  if (at === undefined) return undefined;
  const reason = failure?.message ?? 'another revision was accepted before this one was finished';
  return { result: 'failed', at, changes: countChanges(plan), reason };
}

function countChanges({ steps }: JournalPlan): number {
  return steps.reduce((count, { changes }) => count + changes.length, 0);
}
