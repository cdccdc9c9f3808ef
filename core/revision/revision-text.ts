import type { RevisionRef } from './revision.ts';

/** How every message, table and annotation names a revision: `local:node-0#4`. */
export function revisionText({ lineage, number }: Pick<RevisionRef, 'lineage' | 'number'>): string {
  return `${lineage}#${String(number)}`;
}
