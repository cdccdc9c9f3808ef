import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';

/** Which revision the last pass found as it shall be. Of no other one success is told. */
export interface Proven {
  is(revision: RevisionRef): boolean;
  set(revision: RevisionRef): void;
  /** Nobody knows, until the next pass. */
  doubt(): void;
}

export function createProven(): Proven {
  let proven: RevisionRef | undefined;
  return {
    is: (revision) => proven !== undefined && sameRevision(proven, revision),
    set: (revision) => {
      proven = revision;
    },
    doubt: () => {
      proven = undefined;
    },
  };
}
