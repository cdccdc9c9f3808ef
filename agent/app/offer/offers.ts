/** Configurations that clients offer: previews, and their acceptance. */
import { revisionText } from '../../../core/revision/revision-text.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RevisionStore } from '../../ports/storage/revision-store.ts';
import { readWriterRecord } from '../apply/read-writer-record.ts';
import type { ClusterWriter } from '../apply/cluster-writer.ts';
import type { Proven } from '../state/found-in-force.ts';
import type { StateStore } from '../state/agent-state.ts';
import { revisionName } from '../state/revision-name.ts';
import { revisionsInUse } from '../state/state-changes.ts';
import type { CurrentStatus } from '../status/current-status.ts';
import type { Signals } from '../status/signals.ts';
import { waitForRevision, type RevisionEnd } from '../status/wait-for-revision.ts';
import { acceptOffer, type Acceptance } from './accept-offer.ts';
import type { Offer, OfferOutcome } from './offer.ts';
import type { Preview } from './preview.ts';
import { refuseLoss, type LossQuestion } from './refuse-loss.ts';

export interface Offers extends Preview {
  /** Judges a configuration and, where it is accepted, stores it and starts applying it. */
  offer(offer: Offer): Promise<OfferOutcome>;
  /** Resolves when the revision is confirmed, or has failed. Rejects when the signal is aborted. */
  waitForRevision(revision: RevisionRef, signal: AbortSignal): Promise<RevisionEnd>;
}

export interface OffersDeps {
  readonly preview: Preview;
  /** The state by which an offer is judged now. */
  readonly acceptance: () => Acceptance;
  readonly proven: Proven;
  readonly clock: Clock;
  readonly store: RevisionStore;
  readonly state: StateStore;
  readonly writer: ClusterWriter;
  readonly status: Pick<CurrentStatus, 'show'>;
  readonly events: Signals;
  readonly logger: Logger;
  /** Locks the state directory for this process. @throws AppError */
  readonly claim: () => Promise<void>;
  readonly wake: () => void;
  readonly loss: Omit<LossQuestion, 'preview' | 'logger' | 'acceptedDigest'>;
}

export function createOffers(deps: OffersDeps): Offers {
  const { preview, state, writer, status, events, logger } = deps;
  // A failure to remove old revisions must not undo the acceptance.
  const prune = (): Promise<void> =>
    deps.store
      .prune(revisionsInUse(state.current()))
      .catch((error: unknown) => logger.warn(reasonOf(error)));
  return {
    check: preview.check,
    plan: preview.plan,
    waitForRevision: (revision, signal) =>
      waitForRevision(revision, state.current, deps.proven, events, signal),
    offer: async (offered) => {
      await state.load();
      await deps.claim();
      await readWriterRecord(writer, deps.clock, logger);
      const acceptedDigest = (): string | undefined => state.current().accepted?.digest;
      const outcome =
        (await refuseLoss({ ...deps.loss, preview, logger, acceptedDigest }, offered)) ??
        (await acceptOffer(deps.acceptance(), offered));
      if (outcome.result === 'refused') return outcome;
      const { revision, result } = outcome;
      const { by } = offered;
      logger.info(`configuration ${result}`, { revision: revisionText(revision), by });
      if (result === 'accepted') {
        events.emit({ type: 'stage', revision, stage: 'accepted' });
        status.show({ state: 'applying', message: `${revisionName(revision)} is accepted` });
        await prune();
      }
      deps.wake();
      return outcome;
    },
  };
}
