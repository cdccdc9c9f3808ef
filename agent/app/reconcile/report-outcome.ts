/** Reports the outcome of a pass to the status, the log and the entrances. */
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AgentState } from '../state/agent-state.ts';
import { revisionName } from '../state/revision-name.ts';
import type { Report } from '../status/report.ts';
import { activityOf, stepText, type Ended } from './outcome-activity.ts';
import type { Policy } from './policy.ts';
import type { Reconciling } from './reconcile-deps.ts';

export interface OutcomeReport {
  /** Reports that there is no configuration. */
  nothing(): void;
  recovering(revision: RevisionRef): void;
  /** Returns the ms until the next pass. */
  outcome(revision: RevisionRef, outcome: Ended): number;
}

/** Thousands of agents may wait for the one that writes, so each reads again at a random time. */
const awaitMs = { least: 5000, spread: 15_000 };
const recordMs = 60_000;
/**
 * The usual pause before the next reading where the watch, which reports a new Node, does not work.
 */
const awaitNodeMs = 60_000;

export function createOutcomeReport(deps: Reconciling): OutcomeReport {
  const { show, logger } = deps.report;
  const { state } = deps.records;
  const waits = createWaitNews(deps.report);
  let driftSince: string | undefined;

  return {
    nothing: () => {
      const { lost } = state.current();
      const message = `no configuration${lastRejection(state.current())}${lostText(lost)}`;
      show({ state: 'waiting', message, ...(lost !== undefined && { needsPerson: true }) });
    },
    recovering: (revision) => {
      const message = `${revisionName(revision)} was cut off and is being finished`;
      show({ state: 'recovering', message });
    },
    outcome: (revision, outcome) => {
      const hints = deps.restartHint() + lastRejection(state.current());
      const since = driftSince ?? deps.clock.now();
      const confirming = deps.confirming.shown(revision);
      const activity = activityOf(revision, outcome, { hints, driftSince: since, confirming });
      const { drift } = activity;
      if (drift !== undefined && driftSince === undefined) {
        logger.warn('somebody else changed what is in force', { objects: drift.objects });
      }
      driftSince = drift?.since;
      if (outcome.result === 'entered') logger.info(`${revisionName(revision)} is in force`);
      waits.tell(revision, outcome, activity.message);
      show(activity);
      tellProven(deps, revision, outcome);
      return pauseAfter(outcome, deps);
    },
  };
}

/** Logs and sends each wait once, although each pass finds it again. */
function createWaitNews({ logger, emit }: Report): {
  tell(revision: RevisionRef, outcome: Ended, message: string): void;
} {
  let lastLogged: string | undefined;
  return {
    tell: (revision, outcome, message) => {
      const wait = waitOf(outcome, message);
      const isNew = wait !== undefined && wait !== lastLogged;
      lastLogged = wait;
      if (!isNew) return;
      if (outcome.result !== 'awaiting-node') {
        logger.info(message);
        return;
      }
      logger.warn(message);
      emit({
        type: 'failed',
        revision,
        code: 'node-unknown',
        message,
        issues: [],
        retrying: true,
        mayPass: false,
      });
    },
  };
}

/** The same text as long as it is the same wait; undefined: the agent does not wait. */
function waitOf(outcome: Ended, message: string): string | undefined {
  switch (outcome.result) {
    case 'awaiting-writer':
    case 'awaiting-system':
      return message;
    case 'awaiting-gate':
      return stepText(outcome.progress);
    case 'awaiting-node':
      // A changed number of seconds is not a new wait.
      return message.replaceAll(/ \d+ s\b/g, '');
    case 'entered':
    case 'unchanged':
    case 'held':
    case 'drifted':
      return undefined;
  }
}

/** Time until the next pass, in ms. */
function pauseAfter(
  outcome: Ended,
  { policy, clock }: { readonly policy: Policy; readonly clock: Pick<Clock, 'random'> },
): number {
  const awaitOthersMs = (): number => awaitMs.least + Math.ceil(clock.random() * awaitMs.spread);
  switch (outcome.result) {
    case 'entered':
    case 'unchanged':
      return outcome.isRecordCurrent ? policy.reconcileMs() : Math.ceil(clock.random() * recordMs);
    case 'held':
    case 'drifted':
      return policy.reconcileMs();
    case 'awaiting-writer':
      // A refused agent needs another configuration or writer record, and a change of these wakes
      // it.
      return outcome.isBusy ? awaitOthersMs() : policy.reconcileMs();
    case 'awaiting-system':
      // No watch reports that the system is there.
      return awaitOthersMs();
    case 'awaiting-gate':
      return outcome.readAgainMs;
    case 'awaiting-node':
      return Math.min(outcome.readAgainMs ?? awaitNodeMs, policy.reconcileMs());
  }
}

/** Tells the listeners when the revision comes into force, and again after it was in doubt. */
function tellProven(
  { report, records }: Pick<Reconciling, 'report' | 'records'>,
  revision: RevisionRef,
  { result }: Ended,
): void {
  const { proven, emit } = report;
  if (result === 'awaiting-node' || result === 'awaiting-gate') {
    proven.doubt();
    return;
  }
  const { confirmed, inForce } = records.state.current();
  const isInForce = isSame(inForce, revision);
  if (isInForce && !proven.is(revision)) {
    proven.set(revision);
    emit({ type: 'stage', revision, stage: 'applied' });
  }
  if (!isInForce || !isSame(confirmed, revision) || proven.isConfirmed(revision)) return;
  proven.setConfirmed(revision);
  emit({ type: 'stage', revision, stage: 'confirmed' });
}

function lostText(lost: AgentState['lost']): string {
  if (lost === undefined) return '';
  const { why, applied } = lost;
  const last = applied === undefined ? '' : ` (${revisionName(applied)} was applied last)`;
  return `: ${why}. What is in force stays as it is${last}; send the configuration again`;
}

/** Names the rejection as long as the newest revision is a rejected one. */
function lastRejection({ accepted, lineages, rejected }: AgentState): string {
  const newest = lineages.at(-1);
  if (newest === undefined || isSame(accepted, newest)) return '';
  const rejection = rejected.find((one) => sameRevision(one, newest));
  return rejection === undefined
    ? ''
    : `; ${revisionName(newest)} was rejected: ${rejection.reason}`;
}

function isSame(a: RevisionRef | undefined, b: RevisionRef): boolean {
  return a !== undefined && sameRevision(a, b);
}
