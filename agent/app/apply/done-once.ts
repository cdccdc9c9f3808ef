/**
 * What agents tell each other by the writer record beside revisions: what is done once for the cluster
 * (core/writer/done-once.ts), and that a first revision goes back to nothing.
 */
import { doneAfter, withSeen, type AskedOnce } from '../../../core/writer/done-once.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { WriterLease } from '../../ports/datastore/writer-lease.ts';
import type { KnownWriter } from './known-writer.ts';

export interface DoneOnce {
  /**
   * Puts what this agent saw to be done into the writer record. Where this agent wrote last, it also takes out what does
   * not count any more.
   * @param isChanging the change is not done: what was done for other settings does not count any more
   */
  noteDoneOnce(asked: readonly AskedOnce[], isChanging: boolean): Promise<void>;
  /** A person said that this is done, once for the cluster. @throws AppError */
  answerOnce(digest: string): Promise<void>;
}

export interface DoneOnceDeps {
  readonly lease: Pick<WriterLease, 'changeDoneOnce'>;
  readonly known: Pick<KnownWriter, 'status' | 'read'>;
  /** Another agent wrote last. */
  readonly isFollowing: () => boolean;
}

export function createDoneOnce({ lease, known, isFollowing }: DoneOnceDeps): DoneOnce {
  return {
    noteDoneOnce: async (asked, isChanging) => {
      const done = known.status().record?.doneOnce ?? [];
      const isMore = withSeen(done, asked) !== done;
      if (!isMore && (isFollowing() || !isChanging)) return;
      const after = isFollowing() ? withSeen : doneAfter;
      if (after(done, asked) === done) return;
      await lease.changeDoneOnce((before) => after(before, asked));
      await known.read();
    },
    answerOnce: async (digest) => {
      await lease.changeDoneOnce((done) => (done.includes(digest) ? done : [...done, digest]));
      await known.read();
    },
  };
}

export interface TakenBack {
  /**
   * Claims the writer lease for something that has no revision; `done` gives it back.
   * @returns the node that holds it; undefined: this one. @throws AppError
   */
  takeTurn(): Promise<string | undefined>;
  /** Tells the other agents that this one takes the revision back: they reject it as well. @throws AppError */
  announceTakeBack(revision: RevisionRef, reason: string): Promise<void>;
}

export function createTakenBack(
  lease: Pick<WriterLease, 'takeBack'>,
  known: Pick<KnownWriter, 'read'>,
  claimLease: WriterLease['claim'],
): TakenBack {
  return {
    takeTurn: async () => {
      const claim = await claimLease();
      return claim.held ? undefined : claim.holder;
    },
    announceTakeBack: async (revision, reason) => {
      await lease.takeBack(revision, reason);
      await known.read();
    },
  };
}
