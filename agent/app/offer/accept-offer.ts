import { judgeOffer, sameRevision } from '../../../core/revision/judge-offer.ts';
import type {
  Rejection,
  Revision,
  RevisionRef,
  SourceKind,
} from '../../../core/revision/revision.ts';
import type { ReadingSettings } from '../../../core/deciding/question.ts';
import type { WriterRecord } from '../../../core/writer/writer-record.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Decider } from '../../ports/decider.ts';
import type { RevisionStore } from '../../ports/storage/revision-store.ts';
import type { Stage } from '../status/signals.ts';
import type { Offer, OfferOutcome } from './offer.ts';
import type { NodeFactsStore } from '../derive/node-facts.ts';
import type { Proven } from '../state/found-in-force.ts';
import { withShareOf } from '../state/cluster-share.ts';
import { withAccepted, withTakeOver } from '../state/state-changes.ts';
import type { AgentState, StateStore } from '../state/agent-state.ts';
import type { DerivedCache } from '../derive/desired-cache.ts';
import { shareOf } from '../derive/later-share.ts';

export interface Acceptance {
  readonly store: RevisionStore;
  readonly state: StateStore;
  readonly facts: NodeFactsStore;
  readonly cache: DerivedCache;
  readonly clock: Clock;
  readonly configuredSource: SourceKind | undefined;
  readonly reading: ReadingSettings;
  readonly decider: Pick<Decider, 'decide'>;
  readonly proven: Proven;
  /** The revision that the writer record names as written. */
  readonly writtenRevision: RevisionRef | undefined;
  /** The revision that the writer rolled back; this agent rejects it as well. */
  readonly rolledBack: WriterRecord['rolledBack'];
}

/**
 * Judges the whole configuration before anything changes. Then the revision is on disk before the
 * state that names it. A refused offer changes nothing.
 */
export async function acceptOffer(agent: Acceptance, offer: Offer): Promise<OfferOutcome> {
  const facts = agent.facts.current();
  const question = { text: offer.text, facts, reading: agent.reading };
  const decided = await agent.decider.decide(question, { isUrgent: true });
  if (!decided.ok) {
    const count = decided.issues.filter(({ severity }) => severity === 'error').length;
    const message = `cannot accept the configuration: it has ${count === 1 ? 'an error' : `${String(count)} errors`}`;
    return { result: 'refused', code: 'invalid-config', message, issues: decided.issues };
  }
  const { issues } = decided.derived;
  return agent.state.change<OfferOutcome>(async (state) => {
    const verdict = judgeOffer(questionOf(offer, decided.digest), knownOf(state, agent));
    if (verdict.verdict === 'refuse') {
      const { verdict: _refuse, ...refusal } = verdict;
      return { result: { result: 'refused', ...refusal, issues } };
    }
    const { revision } = verdict;
    if (verdict.verdict === 'already') {
      await repairStored(agent, offer, revision);
      const result = {
        result: 'already',
        revision,
        stage: stageOf(revision, state, agent.proven),
        issues,
      } as const;
      return offer.takeOver === true
        ? { state: withTakeOver(state, revision), result }
        : { result };
    }
    await agent.store.save(storedRevision(offer, revision, agent.clock.now()));
    const { confirmSeconds: seconds } = offer;
    const accepted = {
      ...withAccepted(withShareOf(state, revision, offer), revision, offer.source, offer.takeOver),
      ...(seconds !== undefined && { confirmWithin: { revision, seconds } }),
      ...(offer.noGuard === true && { unguarded: revision }),
    };
    agent.cache.put(revision, facts, shareOf(decided.derived, offer));
    return { state: accepted, result: { result: 'accepted', revision, stage: 'accepted', issues } };
  });
}

/** Stores the text again, because the stored one may be damaged or lost. */
async function repairStored(
  { store, clock, proven }: Acceptance,
  offer: Offer,
  revision: RevisionRef,
): Promise<void> {
  if (await store.holds(revision)) return;
  await store.save(storedRevision(offer, revision, clock.now()));
  proven.doubt();
}

function questionOf(offer: Offer, digest: string): Parameters<typeof judgeOffer>[0] {
  return {
    source: offer.source,
    lineage: offer.lineage,
    ...(offer.number === undefined ? {} : { number: offer.number }),
    digest,
    ...(offer.digest === undefined ? {} : { claimedDigest: offer.digest }),
    takeOver: offer.takeOver ?? false,
    retry: offer.retry ?? false,
  };
}

function knownOf(
  state: AgentState,
  { configuredSource, writtenRevision, rolledBack }: Acceptance,
): Parameters<typeof judgeOffer>[1] {
  return {
    ...state,
    ...(configuredSource !== undefined && { configuredSource }),
    ...(writtenRevision !== undefined && { recorded: writtenRevision }),
    ...(rolledBack !== undefined && { rejected: [...state.rejected, rejectionOf(rolledBack)] }),
  };
}

function rejectionOf({
  revision,
  at,
  by,
  reason,
}: NonNullable<WriterRecord['rolledBack']>): Rejection {
  return { ...revision, at, reason: `the agent of node "${by}" rolled it back: ${reason}` };
}

function storedRevision(offer: Offer, revision: RevisionRef, acceptedAt: string): Revision {
  const { mediaType, text, source, by, clusterShare } = offer;
  return {
    formatVersion: 1,
    ...revision,
    mediaType,
    text,
    acceptedAt,
    source,
    ...(clusterShare !== undefined && { clusterShare }),
    by,
  };
}

/** Only a revision that the last pass read back as desired counts as applied. */
function stageOf(revision: RevisionRef, { confirmed, inForce }: AgentState, proven: Proven): Stage {
  if (!proven.is(revision)) return 'accepted';
  if (confirmed !== undefined && sameRevision(confirmed, revision)) return 'confirmed';
  return inForce !== undefined && sameRevision(inForce, revision) ? 'applied' : 'accepted';
}
