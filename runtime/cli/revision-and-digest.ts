import type { RevisionRef } from '../../core/revision/revision.ts';
import { revisionText } from '../../core/revision/revision-text.ts';

/** `local:node-0#4 (sha256:9f86d081)`, for texts in which equal contents matter. */
export function revisionAndDigest(revision: RevisionRef): string {
  return `${revisionText(revision)} (${revision.digest.slice(0, 'sha256:'.length + 8)})`;
}
