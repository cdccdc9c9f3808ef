/**
 * Decides which resources this agent may write. The agent claims the writer lease when it has
 * something to write, and gives it back right after, so that an idle agent blocks no other.
 */
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { WriterRecord } from '../../../core/writer/writer-record.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { WriterLease, Fence } from '../../ports/datastore/writer-lease.ts';
import type { StateStore } from '../state/agent-state.ts';
import { createDoneOnce, createTakenBack, type DoneOnce, type TakenBack } from './done-once.ts';
import { createKnownWriter, type KnownWriter } from './known-writer.ts';
import {
  isOwnFailure,
  isRecordBehind,
  reasonOfReturn,
  refusalByRecord,
  type OwnSide,
} from './writer-standing.ts';

export type Permission =
  | {
      readonly may: 'everything';
      /**
       * Puts the revision into the writer record; called right before the first write, so that the
       * record names only revisions that were written. Absent: the plan has no cluster-wide change.
       */
      readonly begin?: () => Promise<Fence>;
    }
  | ({ readonly may: 'node-scope' } & Refusal);

export interface Refusal {
  /** Why this agent may not write the cluster-wide resources. */
  readonly why: string;
  /** Another agent is writing at this moment, so the next attempt should come soon. */
  readonly isBusy: boolean;
}

export interface Question {
  readonly plan: AnyPlan;
  readonly revision: RevisionRef;
  /** The plan corrects what somebody else changed. */
  readonly isCorrection: boolean;
}

export interface ClusterWriter extends KnownWriter, DoneOnce, TakenBack {
  /**
   * Why this agent may not write the plan's cluster-wide changes, as far as it knows without claiming
   * the lease; undefined: it may, or there are none.
   */
  refusal(question: Question): Promise<Refusal | undefined>;
  /** Permits a revision's plan; claims the writer lease where the plan needs it. @throws AppError */
  permit(question: Question): Promise<Permission>;
  /**
   * Brings the writer record up to date for the revision in force, where the record names an older
   * number of its lineage or a revision that failed here: otherwise an agent that comes back with a
   * number in between would count as newer. Returns false when it has to be called again, so that
   * not all agents write at once.
   */
  updateRecord(revision: RevisionRef): Promise<boolean>;
  /**
   * Called before this agent rolls back its cluster-wide changes: the other agents learn of it from
   * the record and roll back at the same time, so that this agent does not wait for them at its
   * gates. @throws AppError
   */
  announceReturn(revision: RevisionRef): Promise<void>;
  /** Another agent wrote the cluster-wide resources last, and is the first to continue with them. */
  isFollowing(): boolean;
  /** Gives the lease back; where that fails, the lease expires. */
  done(): Promise<void>;
}

export interface ClusterWriterDeps {
  readonly lease: WriterLease;
  readonly state: StateStore;
  readonly facts: () => NodeFacts;
  readonly logger: Logger;
}

export function createClusterWriter(deps: ClusterWriterDeps): ClusterWriter {
  const { lease, state, facts } = deps;
  const known = createKnownWriter(lease, state);
  const held = createHeldLease(deps);
  const own = (): OwnSide => ({ node: facts().name, state: state.current() });
  const recordNow = (): WriterRecord | undefined => known.status().record;
  const mayLead = (): boolean => facts().leader !== false;
  const isBehind = (revision: RevisionRef, now: WriterRecord | undefined): boolean =>
    mayLead() && isRecordBehind(own(), revision, now);
  /** Returns false while another agent holds the lease. */
  const writeRecord = async (revision: RevisionRef): Promise<boolean> => {
    const claim = await held.claim();
    if (!claim.held) return false;
    try {
      if (isBehind(revision, claim.record)) {
        const notes = reasonOfReturn(own(), revision, claim.record);
        await lease.record(revision, claim.fence, notes);
      }
    } finally {
      await held.release();
    }
    await known.read();
    return true;
  };
  /** The revision for which the previous pass found the record to be behind. */
  let foundBehind: RevisionRef | undefined;

  const refusal: ClusterWriter['refusal'] = async ({ plan, revision }) => {
    const { touchesCluster } = await import('../../../core/plan/restrict-plan.ts');
    if (!touchesCluster(plan)) return undefined;
    const why = mayLead() ? await refusalByRecord(own(), revision, recordNow()) : notLeader;
    return why === undefined ? undefined : { why, isBusy: false };
  };
  const isFollowing = (): boolean => {
    const record = recordNow();
    return record?.revision !== undefined && record.by !== facts().name;
  };
  return {
    ...known,
    isFollowing,
    refusal,
    permit: async ({ plan, revision, isCorrection }) => {
      const { touchesCluster } = await import('../../../core/plan/restrict-plan.ts');
      if (!touchesCluster(plan)) return { may: 'everything' };
      // An agent that would be refused anyway makes no claim, which spares the datastore work.
      const early = await refusal({ plan, revision, isCorrection });
      if (early !== undefined) return { may: 'node-scope', ...early };
      const claim = await held.claim();
      if (!claim.held) return nodeScope(otherHolder(claim.holder), true);
      const refused = await refusalByRecord(own(), revision, claim.record);
      if (refused !== undefined) {
        await held.release();
        return nodeScope(refused);
      }
      const begin = (): Promise<Fence> =>
        lease.record(revision, claim.fence, {
          isCorrection,
          ...reasonOfReturn(own(), revision, claim.record),
        });
      return { may: 'everything', begin };
    },
    updateRecord: async (revision) => {
      if (!isBehind(revision, recordNow())) {
        foundBehind = undefined;
        return true;
      }
      if (foundBehind === undefined || !sameRevision(foundBehind, revision)) {
        foundBehind = revision;
        return false;
      }
      if (!(await writeRecord(revision))) return false;
      foundBehind = undefined;
      return true;
    },
    announceReturn: async (revision) => {
      if (isOwnFailure(own(), recordNow())) await writeRecord(revision);
    },
    ...createDoneOnce({ lease, known, isFollowing }),
    ...createTakenBack(lease, known, held.claim),
    done: held.release,
  };
}

/** The writer lease, and whether this agent has it. */
function createHeldLease({ lease, logger }: Pick<ClusterWriterDeps, 'lease' | 'logger'>): {
  readonly claim: WriterLease['claim'];
  /** Gives the lease back; where that fails, the lease expires. */
  readonly release: () => Promise<void>;
} {
  let isHeld = false;
  return {
    claim: async () => {
      const claim = await lease.claim();
      if (claim.held) isHeld = true;
      return claim;
    },
    release: async () => {
      if (!isHeld) return;
      isHeld = false;
      await lease.release().catch((error: unknown) => {
        logger.warn('cannot give the writer lease back; it will expire', {
          reason: reasonOf(error),
        });
      });
    },
  };
}

function nodeScope(why: string, isBusy = false): Permission {
  return { may: 'node-scope', why, isBusy };
}

const notLeader =
  'this unit is not its Juju application’s leader, and only the leader writes the cluster-wide resources';

function otherHolder(holder: string): string {
  return `the agent of node "${holder}" is writing the cluster-wide resources`;
}
