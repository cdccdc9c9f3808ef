/**
 * Who may write what. The writer lease is claimed when there is something to write, and given up
 * right after: an agent that has nothing to do is in nobody's way.
 */
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Hold, WriterRecord } from '../../../core/writer/writer-record.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { WriterLease, Fence, WriterStatus } from '../../ports/writer-lease.ts';
import type { HoldScope } from '../agent.ts';
import type { StateStore } from '../state/agent-state.ts';

export type Permission =
  | {
      readonly may: 'everything';
      /**
       * To be called right before the first write: notes the revision. What is noted was written,
       * and not refused beforehand. Absent: nothing of the writer lease is to be written.
       */
      readonly begin?: () => Promise<Fence>;
    }
  | ({ readonly may: 'node-scope' } & Refusal);

export interface Refusal {
  /** Why this agent may not write the cluster-wide resources. */
  readonly why: string;
  /** Another agent is writing at this moment: it is worth trying again soon. */
  readonly isBusy: boolean;
}

export interface Question {
  readonly plan: AnyPlan;
  readonly revision: RevisionRef;
  /** Somebody else changed what is in force. */
  readonly isCorrection: boolean;
}

export type HoldInForce = Hold & { readonly scope: HoldScope };

export interface ClusterWriter {
  /** As last seen; the same object as long as it is the same. */
  status(): WriterStatus;
  /** Looks at the store. @throws AppError */
  read(): Promise<WriterStatus>;
  /** By this agent's own hold, or by the cluster's as last seen. */
  holdInForce(): HoldInForce | undefined;
  /**
   * Why this agent may not write the plan's cluster-wide changes, as far as it knows without claiming
   * the lease; undefined: it may, or there are none.
   */
  refusal(question: Question): Promise<Refusal | undefined>;
  /** For a revision's plan; claims the writer lease where it must. @throws AppError */
  permit(question: Question): Promise<Permission>;
  /**
   * For what is in force: where the record names an older number of its lineage, or what failed
   * here, it is brought up to date, or an agent that comes back with what lies between would count
   * as the newer one. Not at once: false asks to be called again, each agent at a time of its own.
   */
  updateRecord(revision: RevisionRef): Promise<boolean>;
  /** Gives the lease up; what fails of it ends with the lease. */
  done(): Promise<void>;
}

export interface ClusterWriterDeps {
  readonly lease: WriterLease;
  readonly state: StateStore;
  readonly facts: () => NodeFacts;
  readonly logger: Logger;
  /** What the status shows is different now. */
  readonly changed: () => void;
}

export function createClusterWriter(deps: ClusterWriterDeps): ClusterWriter {
  const { lease, state, facts, logger } = deps;
  let seen: WriterStatus = {};
  let isHeld = false;
  /** Found behind in the pass before. */
  let announced: RevisionRef | undefined;

  const note = async (standing: WriterStatus): Promise<WriterStatus> => {
    await noteGeneration(state, standing.record?.generation ?? 0);
    const isNew = JSON.stringify(standing.record) !== JSON.stringify(seen.record);
    if (isNew) {
      seen = standing;
      deps.changed();
    }
    return standing;
  };
  const look = async (): Promise<WriterStatus> => note(await lease.read());
  /** This agent wrote it, could not finish it, and goes back. */
  const isOwnFailure = (record: WriterRecord | undefined): boolean => {
    const { rejected } = state.current();
    const isRejected = rejected.some(({ digest }) => digest === record?.revision?.digest);
    return isRejected && record?.by === facts().name;
  };
  const isBehind = (record: WriterRecord | undefined, revision: RevisionRef): boolean => {
    const written = record?.revision;
    if (written === undefined || sameRevision(written, revision)) return false;
    if (isOwnFailure(record)) return true;
    const isComparable =
      written.lineage === revision.lineage && !revision.lineage.startsWith('juju:');
    return isComparable && written.number < revision.number;
  };
  const judge = async (
    revision: RevisionRef,
    record: WriterRecord | undefined,
  ): Promise<string | undefined> => {
    if (isOwnFailure(record)) return undefined;
    const { judgeWriter } = await import('../../../core/writer/judge-writer.ts');
    const verdict = judgeWriter(positionOf(state, revision, record), record);
    return verdict.write ? undefined : verdict.message;
  };
  const refusal: ClusterWriter['refusal'] = async ({ plan, revision }) => {
    const { touchesCluster } = await import('../../../core/plan/restrict-plan.ts');
    if (!touchesCluster(plan)) return undefined;
    const why = facts().leader === false ? notLeader : await judge(revision, seen.record);
    return why === undefined ? undefined : { why, isBusy: false };
  };
  const done = async (): Promise<void> => {
    if (!isHeld) return;
    isHeld = false;
    await lease.release().catch((error: unknown) => {
      logger.warn('cannot give up the writer lease; it ends by itself', {
        reason: reasonOf(error),
      });
    });
  };

  return {
    status: () => seen,
    read: look,
    holdInForce: () => {
      const { hold } = state.current();
      if (hold !== undefined) return { ...hold, scope: 'agent' };
      const clusterHold = seen.record?.hold;
      return clusterHold === undefined ? undefined : { ...clusterHold, scope: 'cluster' };
    },
    refusal,
    permit: async ({ plan, revision, isCorrection }) => {
      const { touchesCluster } = await import('../../../core/plan/restrict-plan.ts');
      if (!touchesCluster(plan)) return { may: 'everything' };
      // Spares the datastore the claims of agents that would be refused anyway.
      const early = await refusal({ plan, revision, isCorrection });
      if (early !== undefined) return { may: 'node-scope', ...early };
      const claim = await lease.claim();
      if (!claim.held) return nodeScope(otherHolder(claim.holder), true);
      isHeld = true;
      const refused = await judge(revision, claim.record);
      if (refused !== undefined) {
        await done();
        return nodeScope(refused);
      }
      const begin = (): Promise<Fence> => lease.record(revision, claim.fence, isCorrection);
      return { may: 'everything', begin };
    },
    updateRecord: async (revision) => {
      if (facts().leader === false || !isBehind(seen.record, revision)) {
        announced = undefined;
        return true;
      }
      if (announced === undefined || !sameRevision(announced, revision)) {
        announced = revision;
        return false;
      }
      const claim = await lease.claim();
      if (!claim.held) return false;
      isHeld = true;
      try {
        if (isBehind(claim.record, revision)) await lease.record(revision, claim.fence);
      } finally {
        await done();
      }
      announced = undefined;
      await look();
      return true;
    },
    done,
  };
}

function nodeScope(why: string, isBusy = false): Permission {
  return { may: 'node-scope', why, isBusy };
}

const notLeader =
  'this unit is not its Juju application’s leader, who writes what holds for all nodes';

function otherHolder(holder: string): string {
  return `the agent of node "${holder}" is writing what holds for all nodes`;
}

async function noteGeneration(state: StateStore, generation: number): Promise<void> {
  if (generation <= (state.current().seenGeneration ?? 0)) return;
  await state.change((current) => ({
    state: { ...current, seenGeneration: generation },
    result: undefined,
  }));
}

/** What this agent had seen of the record when it accepted the revision. */
function positionOf(
  state: StateStore,
  revision: RevisionRef,
  record: WriterRecord | undefined,
): { readonly revision: RevisionRef; readonly basedOn: number; readonly takeOver: boolean } {
  const { writerPosition } = state.current();
  if (writerPosition === undefined || !sameRevision(writerPosition.revision, revision)) {
    return { revision, basedOn: 0, takeOver: false };
  }
  const { generation } = writerPosition;
  // It overrules what was there when somebody said so, and nothing that came later.
  const takeOver = writerPosition.takeOver === true && generation >= (record?.generation ?? 0);
  return { revision, basedOn: generation, takeOver };
}
