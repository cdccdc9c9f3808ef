import { revisionText } from '../../../core/revision/revision-text.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';

/** The name of a revision in messages. */
export function revisionName(revision: RevisionRef): string {
  return `revision ${revisionText(revision)}`;
}
