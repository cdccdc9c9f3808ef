/**
 * Rebuilds a lost state from the revisions and the journal: the numbers in use, the source that
 * changes this agent, and the rejections. The result names no accepted revision: it may have been
 * released or put on hold, so the agent applies nothing until somebody sends a configuration.
 */
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { Rejection, RevisionRef } from '../../../core/revision/revision.ts';
import type { JournalSummary } from '../../../schemas/generated/journal-summary.ts';
import type { StoredRevisionInfo } from '../../ports/storage/revision-store.ts';
import type { AgentState } from './agent-state.ts';

const maxLineages = 100;
const maxRejected = 100;

export interface Remains {
  readonly revisions: readonly StoredRevisionInfo[];
  /** Newest first. */
  readonly history: readonly JournalSummary[];
}

/** @param why for people, as a sentence without its full stop */
export function rebuildState(
  { revisions, history }: Remains,
  at: string,
  why: string,
): AgentState | undefined {
  if (revisions.length === 0 && history.length === 0) return undefined;
  const applied = history.find(({ ended }) => ended.result === 'applied')?.revision;
  const refs = [...history.map(({ revision }) => revision).toReversed(), ...revisions.map(refOf)];
  const takenBy = takerOf(applied, revisions);
  return {
    formatVersion: 1,
    ...(takenBy !== undefined && { takenBy }),
    lineages: newestOfEach(refs).slice(-maxLineages),
    rejected: rejectedIn(history).slice(-maxRejected),
    lost: { at, why, ...(applied !== undefined && { applied }) },
  };
}

function refOf({ lineage, number, digest }: RevisionRef): RevisionRef {
  return { lineage, number, digest };
}

function newestOfEach(refs: readonly RevisionRef[]): RevisionRef[] {
  const newest = new Map<string, RevisionRef>();
  for (const ref of refs) {
    const known = newest.get(ref.lineage);
    if (known === undefined || ref.number >= known.number) newest.set(ref.lineage, ref);
  }
  return [...newest.values()];
}

function takerOf(
  applied: RevisionRef | undefined,
  revisions: readonly StoredRevisionInfo[],
): AgentState['takenBy'] {
  const own = revisions.find((one) => applied !== undefined && sameRevision(one, applied));
  return (own ?? revisions[0])?.source;
}

/**
 * The last journal entry about a content decides: content that was applied after a failure is not
 * rejected.
 */
function rejectedIn(history: readonly JournalSummary[]): Rejection[] {
  const judged = new Set<string>();
  const rejected: Rejection[] = [];
  for (const { revision, ended, failure } of history) {
    if (ended.result === 'superseded' || judged.has(revision.digest)) continue;
    judged.add(revision.digest);
    if (ended.result === 'failed') {
      const reason = failure?.message ?? 'it could not be applied';
      rejected.push({ ...revision, at: ended.at, reason });
    }
  }
  return rejected.toReversed();
}
