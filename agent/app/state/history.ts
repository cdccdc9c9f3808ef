import type {
  Rejection,
  Revision,
  RevisionRef,
  SourceKind,
} from '../../../core/revision/revision.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import { summarizeEntry, type EntrySummary } from '../../../core/stored/summarize-entry.ts';
import type { Journal, UnreadChange } from '../../ports/storage/journal.ts';
import type { RevisionStore, StoredRevisionInfo } from '../../ports/storage/revision-store.ts';
import type { AgentState } from './agent-state.ts';

export interface RevisionSummary extends RevisionRef {
  readonly acceptedAt: string;
  readonly source: SourceKind;
  readonly by: string;
  readonly states: readonly ('accepted' | 'in-force' | 'confirmed' | 'rejected')[];
  /**
   * The outcome of the change that brought the revision into force, or of the last one that failed.
   */
  readonly outcome?: {
    readonly result: 'applied' | 'failed';
    readonly at: string;
    readonly changes: number;
    readonly reason?: string;
    /** Corrections of drift while it was in force, as far back as the journal goes. */
    readonly corrected?: {
      readonly times: number;
      readonly changes: number;
      /** The time of the last correction. */
      readonly at: string;
    };
  };
  readonly rejection?: Rejection;
}

/** A revision with its text and its history. */
export interface KeptRevision {
  readonly revision: Revision;
  readonly summary: RevisionSummary;
}

export interface RevisionHistory {
  /** Newest first. */
  readonly revisions: readonly RevisionSummary[];
  /** Changes of them that cannot be read now; absent: none. */
  readonly unread?: readonly UnreadChange[];
}

/** The history, newest first. It needs no daemon. */
export async function summarizeRevisions(
  store: RevisionStore,
  journal: Journal,
  state: AgentState | undefined,
): Promise<RevisionHistory> {
  const [revisions, { summaries, unread }, open] = await Promise.all([
    store.list(),
    journal.readableHistory(),
    journal.open(),
  ]);
  const changes = open === undefined ? summaries : [summarizeEntry(open), ...summaries];
  return {
    revisions: revisions.map((revision) => summarize(revision, changes, state)),
    ...(unread.length > 0 && { unread }),
  };
}

function summarize(
  { lineage, number, digest, acceptedAt, source, by }: StoredRevisionInfo,
  changes: readonly EntrySummary[],
  state: AgentState | undefined,
): RevisionSummary {
  const ref = { lineage, number, digest };
  const rejection = state?.rejected.find((one) => sameRevision(one, ref));
  const outcome = outcomeOf(changes.filter(({ revision }) => sameRevision(revision, ref)));
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

/** @param entries of one revision, newest first */
function outcomeOf(entries: readonly EntrySummary[]): RevisionSummary['outcome'] {
  const applied = entries.filter(({ ended }) => ended?.result === 'applied');
  const first = applied.at(-1);
  if (first !== undefined) return appliedOutcome(first, applied.slice(0, -1));
  const [newest] = entries;
  const at = newest?.ended?.at ?? newest?.failure?.at;
  if (newest === undefined || at === undefined) return undefined;
  const { failure, changes } = newest;
  const reason = failure?.message ?? 'another revision was accepted before this one was finished';
  return { result: 'failed', at, changes, reason };
}

/**
 * The outcome of the first change: later ones, while the revision was in force, only corrected
 * drift.
 */
function appliedOutcome(
  { ended, changes }: EntrySummary,
  later: readonly EntrySummary[],
): RevisionSummary['outcome'] {
  const [newest] = later;
  const corrected = {
    times: later.length,
    changes: later.reduce((count, entry) => count + entry.changes, 0),
    at: newest?.ended?.at ?? '',
  };
  return {
    result: 'applied',
    at: ended?.at ?? '',
    changes,
    ...(later.length > 0 && { corrected }),
  };
}
