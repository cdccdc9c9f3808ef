import { revisionText } from '../../../core/revision/revision-text.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';

/** How a message names a revision. */
export function revisionName(revision: RevisionRef): string {
  return `revision ${revisionText(revision)}`;
}
