import { isMap, textAt } from '../input/plain-data.ts';
import { noteKey } from '../lxd/note.ts';
import type { JournalEntry } from '../../schemas/generated/journal.ts';
import type { JournalSummary } from '../../schemas/generated/journal-summary.ts';

type EntryProfile = JournalSummary['profiles'][number];

/** Profiles of LXD that a change set, or was to set. */
export function profilesIn({
  plan,
  remaining,
}: Pick<JournalEntry, 'plan' | 'remaining'>): EntryProfile[] {
  const changes = [plan, remaining]
    .flatMap((part) => part?.steps ?? [])
    .flatMap((step) => step.changes);
  return changes.flatMap((change) => {
    // Most changes are none of LXD's, and there may be 25,000 of them.
    if (change.action !== 'set-lxd-profile') return [];
    const project = textAt(change, 'project');
    const name = textAt(change, 'profile');
    if (project === undefined || name === undefined) return [];
    const { before } = change;
    const config = isMap(before) ? before['config'] : undefined;
    return [{ project, name, wasUntouched: isMap(config) && config[noteKey] === undefined }];
  });
}
