import { digestOf } from '../../../core/revision/digest.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';

/**
 * The file name of a revision: readable, unique, and never a path, whatever characters the lineage
 * has.
 */
export function revisionFileName({ lineage, number, digest }: RevisionRef): string {
  const key = digestOf([lineage, digest]).slice('sha256:'.length).slice(0, 24);
  return `${String(number)}-${key}.json`;
}
