import type { RevisionRef } from '../../core/revision/revision.ts';

/** `local:node-0 #4 (sha256:9f86d081)`: short, and enough to tell revisions apart. */
export function revisionText({ lineage, number, digest }: RevisionRef): string {
  return `${lineage} #${number} (${digest.slice(0, 'sha256:'.length + 8)})`;
}
