import { isMap, textAt } from '../../../core/input/plain-data.ts';
import type { ContainerId } from '../../../core/lxd/observed-lxd.ts';
import { noteKey } from '../../../core/lxd/note.ts';
import type { JournalEntry } from '../../../schemas/generated/journal.ts';

export interface JournalProfile extends ContainerId {
  /** Nothing in it was ours before this change. */
  readonly wasUntouched: boolean;
}

/** Profiles of LXD that a change set, or was to set. */
export function profilesIn({ plan, remaining }: JournalEntry): readonly JournalProfile[] {
  const changes = [plan, remaining]
    .flatMap((part) => part?.steps ?? [])
    .flatMap((step) => step.changes);
  return changes.flatMap((change) => {
    const project = textAt(change, 'project');
    const name = textAt(change, 'profile');
    if (change.action !== 'set-lxd-profile' || project === undefined || name === undefined) {
      return [];
    }
    const { before } = change;
    const config = isMap(before) ? before['config'] : undefined;
    return [{ project, name, wasUntouched: isMap(config) && config[noteKey] === undefined }];
  });
}
