/** For how long everything is written that a change does before its sessions have to stand. */
import { hasAdditionsLeft } from '../../../core/plan/own-changes.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ChangeListener } from './change-listeners.ts';

export interface AllWritten extends ChangeListener {
  /** For how many seconds it has been so on all nodes; undefined: it is not, or nobody knows. */
  seconds(revision: RevisionRef): number | undefined;
}

export interface AllWrittenDeps {
  /** Whether all other nodes have made their own changes, as far as they are known to have any. */
  readonly others: (revision: RevisionRef) => boolean;
  readonly clock: Pick<Clock, 'elapsed'>;
}

interface Known {
  readonly revision: RevisionRef;
  /** By this node's last plan, which also has the cluster-wide changes of other agents. */
  readonly isAnyLeft: boolean;
  /** In ms of the monotonic clock. */
  sinceMs: number | undefined;
}

export function createAllWritten({ others, clock }: AllWrittenDeps): AllWritten {
  let known: Known | undefined;
  const note = (revision: RevisionRef, isAnyLeft: boolean): void => {
    const isSame = known !== undefined && sameRevision(known.revision, revision);
    known = { revision, isAnyLeft, sinceMs: isSame ? known?.sinceMs : undefined };
  };
  return {
    begins: ({ revision, plan }) => {
      note(revision, hasAdditionsLeft(plan));
      return Promise.resolve();
    },
    moved: ({ revision, at }) => {
      if (at === 'written') note(revision, false);
    },
    seconds: (revision) => {
      if (known === undefined || !sameRevision(known.revision, revision)) return undefined;
      const nowMs = clock.elapsed();
      const isSo = !known.isAnyLeft && others(revision);
      known.sinceMs = isSo ? (known.sinceMs ?? nowMs) : undefined;
      return known.sinceMs === undefined ? undefined : (nowMs - known.sinceMs) / 1000;
    },
  };
}
