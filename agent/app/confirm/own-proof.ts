/** This node's own judgement of a change that is in force and not confirmed, for the other nodes. */
import {
  judgeProof,
  watchAfter,
  type ConfirmTerms,
  type ConfirmWatch,
} from '../../../core/confirm/decide-confirm.ts';
import { healthText, type Health } from '../../../core/confirm/health.ts';
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Clock } from '../../ports/clock.ts';

export type Proof = Pick<FleetReport, 'unhealthy' | 'isProven'>;

export interface OwnProof {
  /**
   * The judgement for this revision; empty: the revision is not in force, or nothing is known yet.
   */
  of(revision: RevisionRef): Proof;
  /** Takes the node's health as observed now, without the other nodes. */
  observed(change: ObservedChange, health: Health): void;
  /** Forgets all observations: the change that they are about has ended. */
  forget(): void;
}

export interface ObservedChange extends Pick<ConfirmTerms, 'seconds'> {
  readonly revision: RevisionRef;
}

const longest = 600;

export function createOwnProof(clock: Pick<Clock, 'elapsed'>): OwnProof {
  let watch: ConfirmWatch = {};
  let known: { readonly revision: RevisionRef; readonly proof: Proof } | undefined;
  return {
    of: (revision) => (known && sameRevision(known.revision, revision) ? known.proof : {}),
    observed: (change, health) => {
      const { revision } = change;
      if (known !== undefined && !sameRevision(known.revision, revision)) watch = {};
      const nowMs = clock.elapsed();
      watch = watchAfter(watch, health, nowMs);
      known = { revision, proof: proofOf(change, watch, health, nowMs) };
    },
    forget: () => {
      watch = {};
      known = undefined;
    },
  };
}

function proofOf(terms: ObservedChange, watch: ConfirmWatch, health: Health, nowMs: number): Proof {
  switch (judgeProof(terms, watch, health, nowMs)) {
    case 'unproven':
      return {};
    case 'proven':
      return { isProven: true };
    case 'unhealthy':
      return { unhealthy: healthText(health).slice(0, longest) };
  }
}
