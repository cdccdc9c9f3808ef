import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';

/** The revision that the last pass found in force. The agent reports success only for this one. */
export interface Proven {
  is(revision: RevisionRef): boolean;
  set(revision: RevisionRef): void;
  /** Whether its confirmation was reported as well. */
  isConfirmed(revision: RevisionRef): boolean;
  setConfirmed(revision: RevisionRef): void;
  /** Forgets the revision until the next pass finds it in force again. */
  doubt(): void;
}

export function createProven(): Proven {
  let proven: RevisionRef | undefined;
  let confirmed: RevisionRef | undefined;
  const isSame = (known: RevisionRef | undefined, revision: RevisionRef): boolean =>
    known !== undefined && sameRevision(known, revision);
  return {
    is: (revision) => isSame(proven, revision),
    set: (revision) => {
      proven = revision;
    },
    isConfirmed: (revision) => isSame(confirmed, revision),
    setConfirmed: (revision) => {
      confirmed = revision;
    },
    doubt: () => {
      proven = undefined;
      confirmed = undefined;
    },
  };
}
