/**
 * Which resources this agent may write. It claims the writer lease when there is something to write,
 * and gives it back right after, so that an agent without work is in nobody's way.
 */
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Hold, WriterRecord } from '../../../core/writer/writer-record.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { WriterLease, Fence, WriterStatus } from '../../ports/datastore/writer-lease.ts';
import type { StateStore } from '../state/agent-state.ts';

export type Permission =
  | {
      readonly may: 'everything';
      /**
       * To be called right before the first write: puts the revision into the writer record, which so
       * names only what was written. Absent: no cluster-wide resource is to be written.
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

/** Whose writing a hold stops. */
export type HoldScope = 'agent' | 'cluster';

export type HoldInForce = Hold & { readonly scope: HoldScope };

export interface ClusterWriter {
  /** As last read; the same object as long as it is the same. */
  status(): WriterStatus;
  /** Asks the datastore. @throws AppError */
  read(): Promise<WriterStatus>;
  /** This agent's own hold, or the cluster's as last read. */
  holdInForce(): HoldInForce | undefined;
  /**
   * Why this agent may not write the plan's cluster-wide changes, as far as it knows without claiming
   * the lease; undefined: it may, or there are none.
   */
  refusal(question: Question): Promise<Refusal | undefined>;
  /** For a revision's plan; claims the writer lease where it must. @throws AppError */
  permit(question: Question): Promise<Permission>;
  /**
   * Brings the writer record up to date for the revision in force, where the record names an older
   * number of its lineage or what failed here: an agent that comes back with a number in between would
   * count as the newer one otherwise. Returns false when it has to be called again: not all agents
   * write at once.
   */
  updateRecord(revision: RevisionRef): Promise<boolean>;
  /** Gives the lease back; where that fails, it ends by itself. */
  done(): Promise<void>;
  /** Calls the listener when `status` is different. */
  onChange(listener: () => void): void;
}

export interface ClusterWriterDeps {
  readonly lease: WriterLease;
  readonly state: StateStore;
  readonly facts: () => NodeFacts;
  readonly logger: Logger;
}

export function createClusterWriter(deps: ClusterWriterDeps): ClusterWriter {
  const { lease, state, facts, logger } = deps;
  let known: WriterStatus = {};
  let isHeld = false;
  const listeners = new Set<() => void>();
  /** Found behind in the pass before. */
  let announced: RevisionRef | undefined;

  const remember = async (status: WriterStatus): Promise<WriterStatus> => {
    await keepGeneration(state, status.record?.generation ?? 0);
    const isNew = JSON.stringify(status.record) !== JSON.stringify(known.record);
    if (isNew) {
      known = status;
      for (const listener of listeners) listener();
    }
    return status;
  };
  const read = async (): Promise<WriterStatus> => remember(await lease.read());
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
    const why = facts().leader === false ? notLeader : await judge(revision, known.record);
    return why === undefined ? undefined : { why, isBusy: false };
  };
  const done = async (): Promise<void> => {
    if (!isHeld) return;
    isHeld = false;
    await lease.release().catch((error: unknown) => {
      logger.warn('cannot give the writer lease back; it ends by itself', {
        reason: reasonOf(error),
      });
    });
  };

  return {
    status: () => known,
    read,
    holdInForce: () => {
      const { hold } = state.current();
      if (hold !== undefined) return { ...hold, scope: 'agent' };
      const clusterHold = known.record?.hold;
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
      if (facts().leader === false || !isBehind(known.record, revision)) {
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
      await read();
      return true;
    },
    done,
    onChange: (listener) => void listeners.add(listener),
  };
}

function nodeScope(why: string, isBusy = false): Permission {
  return { may: 'node-scope', why, isBusy };
}

const notLeader =
  'this unit is not its Juju application’s leader, which writes the cluster-wide resources';

function otherHolder(holder: string): string {
  return `the agent of node "${holder}" is writing the cluster-wide resources`;
}

async function keepGeneration(state: StateStore, generation: number): Promise<void> {
  if (generation <= (state.current().seenGeneration ?? 0)) return;
  await state.change((current) => ({
    state: { ...current, seenGeneration: generation },
    result: undefined,
  }));
}

/** The generation of the record that this agent knew when it accepted the revision. */
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
