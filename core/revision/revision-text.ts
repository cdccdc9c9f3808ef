import type { RevisionRef } from './revision.ts';

/** The name of a revision in every message, table and annotation: `local:node-0#4`. */
export function revisionText({ lineage, number }: Pick<RevisionRef, 'lineage' | 'number'>): string {
  return `${lineage}#${String(number)}`;
}
