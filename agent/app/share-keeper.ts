/**
 * Who may write what. The cluster share is claimed when there is something to write, and given up
 * right after: an agent that has nothing to do is in nobody's way.
 */
import type { NodeFacts } from '../../core/facts/facts.ts';
import type { AnyPlan } from '../../core/plan/plan.ts';
import { sameRevision } from '../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import type { Hold, ShareRecord } from '../../core/share/share-record.ts';
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { ClusterShare, Fence, ShareStanding } from '../ports/cluster-share.ts';
import type { HoldScope } from './agent.ts';
import type { StateKeeper } from './state-keeper.ts';

export type Permission =
  | { readonly may: 'everything'; readonly fence?: Fence }
  /** Why not what holds for all nodes. */
  | { readonly may: 'node-share'; readonly why: string };

export type HoldInForce = Hold & { readonly scope: HoldScope };

export interface ShareKeeper {
  /** As last seen; the same object as long as it is the same. */
  standing(): ShareStanding;
  /** Looks at the store. @throws AppError */
  look(): Promise<ShareStanding>;
  /** By this agent's own hold, or by the cluster's as last seen. */
  holdInForce(): HoldInForce | undefined;
  /** For a revision's plan; claims the share where it must. @throws AppError */
  permit(plan: AnyPlan, revision: RevisionRef): Promise<Permission>;
  /** Gives the share up; what fails of it ends with the lease. */
  done(): Promise<void>;
}

export interface ShareKeeperDeps {
  readonly share: ClusterShare;
  readonly state: StateKeeper;
  readonly facts: () => NodeFacts;
  readonly logger: Logger;
  /** What the status shows is different now. */
  readonly changed: () => void;
}

export function createShareKeeper(deps: ShareKeeperDeps): ShareKeeper {
  const { share, state, facts, logger } = deps;
  let seen: ShareStanding = {};
  let isHeld = false;

  const note = async (standing: ShareStanding): Promise<ShareStanding> => {
    await noteGeneration(state, standing.record?.generation ?? 0);
    const isNew = JSON.stringify(standing.record) !== JSON.stringify(seen.record);
    if (isNew) {
      seen = standing;
      deps.changed();
    }
    return standing;
  };
  const look = async (): Promise<ShareStanding> => note(await share.read());
  /** This agent wrote it, could not finish it, and goes back. */
  const isOwnFailure = (record: ShareRecord | undefined): boolean => {
    const { rejected } = state.current();
    const isRejected = rejected.some(({ digest }) => digest === record?.revision?.digest);
    return isRejected && record?.by === facts().name;
  };
  const refusal = async (
    revision: RevisionRef,
    record: ShareRecord | undefined,
  ): Promise<string | undefined> => {
    if (isOwnFailure(record)) return undefined;
    const { judgeShare } = await import('../../core/share/judge-share.ts');
    const verdict = judgeShare(positionOf(state, revision, record), record);
    return verdict.write ? undefined : verdict.message;
  };
  const done = async (): Promise<void> => {
    if (!isHeld) return;
    isHeld = false;
    await share.release().catch((error: unknown) => {
      logger.warn('cannot give up the cluster share; it ends by itself', {
        reason: reasonOf(error),
      });
    });
  };

  return {
    standing: () => seen,
    look,
    holdInForce: () => {
      const { hold } = state.current();
      if (hold !== undefined) return { ...hold, scope: 'agent' };
      const clusterHold = seen.record?.hold;
      return clusterHold === undefined ? undefined : { ...clusterHold, scope: 'cluster' };
    },
    permit: async (plan, revision) => {
      const { touchesCluster } = await import('../../core/plan/restrict-plan.ts');
      if (!touchesCluster(plan)) return { may: 'everything' };
      if (facts().leader === false) return { may: 'node-share', why: notLeader };
      // Asking first spares the store the claims of agents that would be refused anyway.
      const early = await refusal(revision, seen.record);
      if (early !== undefined) return { may: 'node-share', why: early };
      const claim = await share.claim();
      if (!claim.held) return { may: 'node-share', why: otherHolder(claim.holder) };
      isHeld = true;
      const refused = await refusal(revision, claim.record);
      if (refused !== undefined) {
        await done();
        return { may: 'node-share', why: refused };
      }
      return { may: 'everything', fence: await share.record(revision, claim.fence) };
    },
    done,
  };
}

const notLeader =
  'this unit is not its Juju application’s leader, who writes what holds for all nodes';

function otherHolder(holder: string): string {
  return `the agent of node "${holder}" is writing what holds for all nodes`;
}

async function noteGeneration(state: StateKeeper, generation: number): Promise<void> {
  if (generation <= (state.current().seenGeneration ?? 0)) return;
  await state.change((current) => ({
    state: { ...current, seenGeneration: generation },
    result: undefined,
  }));
}

/** What this agent had seen of the record when it accepted the revision. */
function positionOf(
  state: StateKeeper,
  revision: RevisionRef,
  record: ShareRecord | undefined,
): { readonly revision: RevisionRef; readonly basedOn: number; readonly takeOver: boolean } {
  const { sharePosition } = state.current();
  if (sharePosition === undefined || !sameRevision(sharePosition.revision, revision)) {
    return { revision, basedOn: 0, takeOver: false };
  }
  const { generation } = sharePosition;
  // It overrules what was there when somebody said so, and nothing that came later.
  const takeOver = sharePosition.takeOver === true && generation >= (record?.generation ?? 0);
  return { revision, basedOn: generation, takeOver };
}
