/** What a pass came to, for the status, the log and the entrances. */
import { nameSome } from '../../../core/name-some.ts';
import { nodeWithoutPeers } from '../../../core/resolve/resolution.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Outcome } from './bring-into-force.ts';
import type { Derived } from '../../../core/deciding/question.ts';
import { nameOf, type ReconcileDeps } from './reconcile-deps.ts';
import type { AgentState } from '../state/agent-state.ts';

export interface OutcomeReport {
  /** There is no configuration. */
  nothing(): void;
  recovering(revision: RevisionRef): void;
  /** Returns after how many ms to look again. */
  outcome(revision: RevisionRef, outcome: Ended): number;
}

type Ended = Exclude<Outcome, { readonly result: 'stopped' }>;

/** Thousands of agents may wait for the one that writes; each looks again at a time of its own. */
const awaitMs = { least: 5000, spread: 15_000 };
const brakedText =
  '; it was corrected 5 times within 10 minutes, so another program writes against it: for now it is only reported';
const correctHint = ' (calico-agent drift --correct corrects it all the same)';
const settleMs = 60_000;
/** The watch tells of a Node that comes; this is for where it does not work. */
const awaitNodeMs = 60_000;

export function createOutcomeReport(deps: ReconcileDeps): OutcomeReport {
  const { show, state, clock, logger } = deps;
  let driftSince: string | undefined;
  let waitedFor: string | undefined;

  const inForce = (
    revision: RevisionRef,
    outcome: Extract<Outcome, { readonly result: 'entered' | 'unchanged' }>,
  ): number => {
    const message = `${nameOf(revision)} is in force`;
    const { derived: wanted, byOthers } = outcome;
    const remarks =
      sessionRemark(wanted, byOthers) + deps.remark() + lastRejection(state.current());
    show({ state: 'in-force', message: message + remarks, byOthers });
    if (outcome.result === 'entered') logger.info(message);
    return outcome.isRecordCurrent ? deps.reconcileMs() : Math.ceil(clock.random() * settleMs);
  };
  const held = (
    revision: RevisionRef,
    { hold, changes }: Extract<Outcome, { readonly result: 'held' }>,
  ): number => {
    const count = `${String(changes)} change${changes === 1 ? '' : 's'}`;
    const scope = hold.scope === 'cluster' ? ' for the whole cluster' : '';
    const message = `${nameOf(revision)}: ${count} wait; ${hold.by} put writing on hold${scope}: ${hold.why}`;
    show({ state: 'held', message });
    return deps.reconcileMs();
  };
  const awaiting = (
    revision: RevisionRef,
    { why, isBusy }: Extract<Outcome, { readonly result: 'awaiting-writer' }>,
  ): number => {
    const message = `${nameOf(revision)}: this node is done as far as it can be; ${why}`;
    if (waitedFor !== message) logger.info(message);
    waitedFor = message;
    show({ state: 'awaiting-writer', message });
    // Who is refused waits for another configuration or another record, and is woken by those.
    if (!isBusy) return deps.reconcileMs();
    return awaitMs.least + Math.ceil(clock.random() * awaitMs.spread);
  };
  const awaitingGate = (
    revision: RevisionRef,
    { progress, why, readAgainMs }: Extract<Outcome, { readonly result: 'awaiting-gate' }>,
  ): number => {
    const step = `step ${String(progress.step)} of ${String(progress.steps)}, "${progress.title}"`;
    const message = `${nameOf(revision)}: ${step}, waits ${why}`;
    if (waitedFor !== step) logger.info(message);
    waitedFor = step;
    show({ state: 'awaiting-gate', message, progress });
    return readAgainMs;
  };
  const awaitingSystem = (revision: RevisionRef, why: string): number => {
    const message = `${nameOf(revision)} waits: ${why}`;
    if (waitedFor !== message) logger.info(message);
    waitedFor = message;
    show({ state: 'waiting', message });
    // Nothing tells of it when it comes.
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
    const message = `${nameOf(revision)} waits: ${why}`;
    // The seconds that are left are no news.
    const reason = why.replaceAll(/ \d+ s\b/g, '');
    if (waitedFor !== reason) {
      logger.warn(message);
      deps.emit({
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
    return Math.min(lookAgainMs ?? awaitNodeMs, deps.reconcileMs());
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
    const message = `${nameOf(revision)} is in force, but somebody else changed ${what}: see calico-agent drift${braked}`;
    show({ state: 'drifted', message, drift, byOthers });
    return deps.reconcileMs();
  };

  /** Told when it came into force, and again when that was in doubt meanwhile. */
  const prove = (revision: RevisionRef): void => {
    const { confirmed } = state.current();
    if (!isSame(confirmed, revision) || deps.proven.is(revision)) return;
    deps.proven.set(revision);
    deps.emit({ type: 'stage', revision, stage: 'applied' });
    deps.emit({ type: 'stage', revision, stage: 'confirmed' });
  };

  const tell = (revision: RevisionRef, outcome: Ended): number => {
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
      const message = `${nameOf(revision)} was cut off and is being finished`;
      show({ state: 'recovering', message });
    },
    outcome: (revision, outcome) => {
      const delayMs = tell(revision, outcome);
      if (outcome.result === 'awaiting-node' || outcome.result === 'awaiting-gate') {
        deps.proven.doubt();
      } else prove(revision);
      return delayMs;
    },
  };
}

function sessionRemark({ issues }: Derived, byOthers: readonly string[]): string {
  if (!issues.some(({ code }) => code === nodeWithoutPeers)) return '';
  return byOthers.length === 0
    ? ', but the mesh is off and this node has no peer: it has no BGP session'
    : `; its peers are outside of this configuration: BGPPeer ${nameSome(byOthers)}`;
}

function lostText(lost: AgentState['lost']): string {
  if (lost === undefined) return '';
  const { why, applied } = lost;
  const last = applied === undefined ? '' : ` (${nameOf(applied)} was applied last)`;
  return `: ${why}. What is in force stays as it is${last}; send the configuration again`;
}

/** Said as long as the newest revision is one that was rejected. */
function lastRejection({ accepted, lineages, rejected }: AgentState): string {
  const newest = lineages.at(-1);
  if (newest === undefined || isSame(accepted, newest)) return '';
  const rejection = rejected.find((one) => sameRevision(one, newest));
  return rejection === undefined ? '' : `; ${nameOf(newest)} was rejected: ${rejection.reason}`;
}

function isSame(a: RevisionRef | undefined, b: RevisionRef): boolean {
  return a !== undefined && sameRevision(a, b);
}
