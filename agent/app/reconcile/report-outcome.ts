/** Tells the status, the log and the entrances what a pass came to. */
import { nameSome } from '../../../core/name-some.ts';
import { nodeWithoutPeers } from '../../../core/resolve/resolution.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Outcome } from './bring-into-force.ts';
import type { Derived } from '../../../core/deciding/question.ts';
import { revisionName } from '../state/revision-name.ts';
import type { Reconciling } from './reconciling.ts';
import type { AgentState } from '../state/agent-state.ts';

export interface OutcomeReport {
  /** There is no configuration. */
  nothing(): void;
  recovering(revision: RevisionRef): void;
  /** Returns after how many ms the next pass is due. */
  outcome(revision: RevisionRef, outcome: Ended): number;
}

type Ended = Exclude<Outcome, { readonly result: 'stopped' }>;

/** Thousands of agents may wait for the one that writes; each reads again at a time of its own. */
const awaitMs = { least: 5000, spread: 15_000 };
const brakedText =
  '; it was corrected 5 times within 10 minutes, so another program writes against it: for now it is only reported';
const correctHint = ' (calico-agent drift --correct corrects it all the same)';
const settleMs = 60_000;
/** The watch tells of a Node that comes; this is for where it does not work. */
const awaitNodeMs = 60_000;

export function createOutcomeReport(deps: Reconciling): OutcomeReport {
  const { report, records, policy, clock } = deps;
  const { show, logger, proven } = report;
  const { state } = records;
  let driftSince: string | undefined;
  let waitedFor: string | undefined;

  const inForce = (
    revision: RevisionRef,
    outcome: Extract<Outcome, { readonly result: 'entered' | 'unchanged' }>,
  ): number => {
    const message = `${revisionName(revision)} is in force`;
    const { derived, byOthers } = outcome;
    const hints =
      sessionHint(derived, byOthers) + deps.restartHint() + lastRejection(state.current());
    show({ state: 'in-force', message: message + hints, byOthers });
    if (outcome.result === 'entered') logger.info(message);
    return outcome.isRecordCurrent ? policy.reconcileMs() : Math.ceil(clock.random() * settleMs);
  };
  const held = (
    revision: RevisionRef,
    { hold, changes }: Extract<Outcome, { readonly result: 'held' }>,
  ): number => {
    const count = `${String(changes)} change${changes === 1 ? '' : 's'}`;
    const scope = hold.scope === 'cluster' ? ' for the whole cluster' : '';
    const message = `${revisionName(revision)}: ${count} wait; ${hold.by} put writing on hold${scope}: ${hold.why}`;
    show({ state: 'held', message });
    return policy.reconcileMs();
  };
  const awaiting = (
    revision: RevisionRef,
    { why, isBusy }: Extract<Outcome, { readonly result: 'awaiting-writer' }>,
  ): number => {
    const message = `${revisionName(revision)}: this node's changes are applied; ${why}`;
    if (waitedFor !== message) logger.info(message);
    waitedFor = message;
    show({ state: 'awaiting-writer', message });
    // An agent that was refused needs another configuration or record, and is woken by those.
    if (!isBusy) return policy.reconcileMs();
    return awaitMs.least + Math.ceil(clock.random() * awaitMs.spread);
  };
  const awaitingGate = (
    revision: RevisionRef,
    { progress, why, readAgainMs }: Extract<Outcome, { readonly result: 'awaiting-gate' }>,
  ): number => {
    const step = `step ${String(progress.step)} of ${String(progress.steps)}, "${progress.title}"`;
    const message = `${revisionName(revision)}: ${step}, waits ${why}`;
    if (waitedFor !== step) logger.info(message);
    waitedFor = step;
    show({ state: 'awaiting-gate', message, progress });
    return readAgainMs;
  };
  const awaitingSystem = (revision: RevisionRef, why: string): number => {
    const message = `${revisionName(revision)} waits: ${why}`;
    if (waitedFor !== message) logger.info(message);
    waitedFor = message;
    show({ state: 'waiting', message });
    // No watch tells when it comes.
    return awaitMs.least + Math.ceil(clock.random() * awaitMs.spread);
  };
  const awaitingNode = (
    revision: RevisionRef,
    {
      why,
      needsPerson,
      readAgainMs: lookAgainMs,
    }: Extract<Outcome, { readonly result: 'awaiting-node' }>,
  ): number => {
    const message = `${revisionName(revision)} waits: ${why}`;
    // The seconds that are left are no news.
    const reason = why.replaceAll(/ \d+ s\b/g, '');
    if (waitedFor !== reason) {
      logger.warn(message);
      report.emit({
        type: 'failed',
        revision,
        code: 'node-unknown',
        message,
        issues: [],
        retrying: true,
        mayPass: false,
      });
    }
    waitedFor = reason;
    show({ state: 'waiting', message, ...(needsPerson && { needsPerson }) });
    return Math.min(lookAgainMs ?? awaitNodeMs, policy.reconcileMs());
  };
  const drifted = (
    revision: RevisionRef,
    { fields, isBraked, byOthers, refused }: Extract<Outcome, { readonly result: 'drifted' }>,
  ): number => {
    const objects = new Set(fields.map(({ kind, name }) => `${kind}/${name}`)).size;
    if (driftSince === undefined)
      logger.warn('somebody else changed what is in force', { objects });
    driftSince ??= clock.now();
    const drift: AgentStatus['drift'] = { objects, since: driftSince };
    const what = `${String(objects)} object${objects === 1 ? '' : 's'}`;
    // A hint that would be refused is none.
    const hint = refused === undefined ? correctHint : `; ${refused}`;
    const braked = isBraked ? brakedText + hint : '';
    const message = `${revisionName(revision)} is in force, but somebody else changed ${what}: see calico-agent drift${braked}`;
    show({ state: 'drifted', message, drift, byOthers });
    return policy.reconcileMs();
  };

  /** Tells the listeners when it came into force, and again when that was in doubt meanwhile. */
  const prove = (revision: RevisionRef): void => {
    const { confirmed } = state.current();
    if (!isSame(confirmed, revision) || proven.is(revision)) return;
    proven.set(revision);
    report.emit({ type: 'stage', revision, stage: 'applied' });
    report.emit({ type: 'stage', revision, stage: 'confirmed' });
  };

  const reportOutcome = (revision: RevisionRef, outcome: Ended): number => {
    if (outcome.result !== 'drifted') driftSince = undefined;
    if (!outcome.result.startsWith('awaiting-')) waitedFor = undefined;
    switch (outcome.result) {
      case 'entered':
      case 'unchanged':
        return inForce(revision, outcome);
      case 'held':
        return held(revision, outcome);
      case 'awaiting-writer':
        return awaiting(revision, outcome);
      case 'awaiting-gate':
        return awaitingGate(revision, outcome);
      case 'awaiting-system':
        return awaitingSystem(revision, outcome.why);
      case 'awaiting-node':
        return awaitingNode(revision, outcome);
      case 'drifted':
        return drifted(revision, outcome);
    }
  };

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
      const delayMs = reportOutcome(revision, outcome);
      if (outcome.result === 'awaiting-node' || outcome.result === 'awaiting-gate') {
        proven.doubt();
      } else prove(revision);
      return delayMs;
    },
  };
}

function sessionHint({ issues }: Derived, byOthers: readonly string[]): string {
  if (!issues.some(({ code }) => code === nodeWithoutPeers)) return '';
  return byOthers.length === 0
    ? ', but the mesh is off and this node has no peer: it has no BGP session'
    : `; its peers are outside of this configuration: BGPPeer ${nameSome(byOthers)}`;
}

function lostText(lost: AgentState['lost']): string {
  if (lost === undefined) return '';
  const { why, applied } = lost;
  const last = applied === undefined ? '' : ` (${revisionName(applied)} was applied last)`;
  return `: ${why}. What is in force stays as it is${last}; send the configuration again`;
}

/** As long as the newest revision is one that was rejected. */
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
