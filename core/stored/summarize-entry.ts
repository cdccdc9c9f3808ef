import type { JournalEntry } from '../../schemas/generated/journal.ts';
import type { JournalSummary } from '../../schemas/generated/journal-summary.ts';
import { profilesIn } from './entry-profiles.ts';

/** The history's summary of a change; `ended` is absent while it is open. */
export type EntrySummary = Omit<JournalSummary, 'ended'> & Partial<Pick<JournalSummary, 'ended'>>;

export function summarizeEntry(entry: JournalEntry & Pick<JournalSummary, 'ended'>): JournalSummary;
export function summarizeEntry(entry: JournalEntry): EntrySummary;
export function summarizeEntry(entry: JournalEntry): EntrySummary {
  const { id, revision, ended, failure, plan } = entry;
  return {
    formatVersion: 1,
    id,
    revision,
    ...(ended !== undefined && { ended }),
    ...(failure !== undefined && { failure: { at: failure.at, message: failure.message } }),
    changes: plan.steps.reduce((count, { changes }) => count + changes.length, 0),
    profiles: profilesIn(entry),
  };
}
