/**
 * The state machine of a rollout: (rollout, event, moment) → rollout and actions. The caller stores
 * each new state before it acts on it, so that a controller that ends at any point goes on from it.
 */
import { couldNotGoBack } from './could-not-go-back.ts';
import { refuse, type StepRefused } from './refuse.ts';
import { judgeStep } from './judge-step.ts';
import {
  confirmedText,
  unnamedText,
  withDecision,
  withoutRecovered,
  type Judged,
} from './judged.ts';
import { nothing, sumOf, type Seen } from './seen.ts';
import {
  backSteps,
  forwardSteps,
  hasShareStep,
  isBeforeBarrier,
  stepName,
  wavesOfStep,
  type Rollout,
} from './steps.ts';
import { termsOf, type RolloutTerms } from './strategy.ts';
import { isWithin } from './windows.ts';

export interface Moment {
  /** A clock of this process that never jumps; it may begin anew with `restarted`. */
  readonly ms: number;
  /** The wall clock, ms since 1970, for windows only. */
  readonly wallMs: number;
  /** The next number of the lineage. */
  readonly nextNumber: number;
}

export type RolloutEvent =
  /** What the nodes say now. */
  | { readonly type: 'look'; readonly seen: Seen }
  | { readonly type: 'pause'; readonly by: string; readonly why?: string }
  | { readonly type: 'resume' }
  | { readonly type: 'approve' }
  | { readonly type: 'abort'; readonly why: string }
  /** Another process goes on with it: nothing is known of how long its stage has taken. */
  | { readonly type: 'restarted' }
  | { readonly type: 'superseded'; readonly by: number };

export type RolloutAction =
  /** Store this revision together with the new state: the content of the target, or of the base. */
  | {
      readonly type: 'add-revision';
      readonly content: 'target' | 'base';
      readonly number: number;
      /** The agents leave the cluster-wide resources as they are. */
      readonly later: boolean;
    }
  /** Without a base: each node rolls the target back to what it confirmed last. */
  | { readonly type: 'roll-back' }
  | { readonly type: 'tell'; readonly level: 'info' | 'warn'; readonly text: string };

export interface Stepped {
  readonly ok: true;
  /** The same object: nothing has changed. */
  readonly rollout: Rollout;
  readonly actions: readonly RolloutAction[];
}

/** @returns why it cannot be, for what a person asks */
export function stepRollout(
  rollout: Rollout,
  event: RolloutEvent,
  moment: Moment,
): Stepped | StepRefused {
  switch (event.type) {
    case 'look':
      return look(rollout, event.seen, moment);
    case 'restarted':
      return isOver(rollout) ? same(rollout) : changed(rollout, { sinceMs: moment.ms });
    case 'pause':
      return pause(rollout, event);
    case 'resume':
      return resume(rollout, moment);
    case 'approve':
      return approve(rollout);
    case 'abort':
      return abort(rollout, event.why, moment);
    case 'superseded': {
      const reason = `revision ${String(event.by)} was pushed`;
      return isOver(rollout) ? same(rollout) : end(rollout, 'superseded', { reason });
    }
  }
}

export function isOver({ state: { phase } }: Pick<Rollout, 'state'>): boolean {
  return phase !== 'forward' && phase !== 'back';
}

/** Whether its step begins only once a person approves it. */
export function needsApproval(rollout: Rollout): boolean {
  const { phase, stage, step, approved } = rollout.state;
  const isAsked = termsOf(rollout.strategy).approval === 'each-wave';
  return isAsked && phase === 'forward' && stage === 'before' && step > approved;
}

function look(rollout: Rollout, seen: Seen, moment: Moment): Stepped {
  const { phase, paused } = rollout.state;
  if (isOver(rollout) || paused !== undefined) return same(rollout);
  if (phase === 'back') return lookBack(rollout, seen, moment);
  const stepped = lookForward(rollout, seen, moment);
  if (stepped.rollout === rollout) return stepped;
  return { ...stepped, rollout: withoutRecovered(stepped.rollout, seen) };
}

function lookForward(rollout: Rollout, seen: Seen, moment: Moment): Stepped {
  const { stage } = rollout.state;
  const terms = termsOf(rollout.strategy);
  const judged = judgeStep(rollout, terms, seen, moment.ms);
  if (judged.kind === 'failed') {
    return fail(withoutRecovered(rollout, seen), judged, { terms, seen, moment });
  }
  if (judged.kind !== 'confirmed') return same(rollout);
  if (stage === 'before') return maybeBegin(rollout, terms, moment);
  if (stage === 'barrier') return passBarrier(rollout, terms, moment);
  if (stage === 'running') {
    if (rollout.kind === 'push') return end(rollout, 'done');
    return changed(rollout, { stage: 'settling', sinceMs: moment.ms }, [
      info(`${stepName(rollout)} ${confirmedText(rollout, seen)}`),
    ]);
  }
  const step = rollout.state.step + 1;
  if (step >= forwardSteps(rollout).length) return end(rollout, 'done');
  return changed(rollout, { step, stage: 'before', sinceMs: moment.ms });
}

function maybeBegin(rollout: Rollout, { windows }: RolloutTerms, moment: Moment): Stepped {
  if (needsApproval(rollout) || !isWithin(windows, moment.wallMs)) return same(rollout);
  const { step, begun } = rollout.state;
  if (isBeforeBarrier(rollout)) {
    return changed(rollout, { stage: 'barrier', sinceMs: moment.ms }, [
      info(`the barrier before ${stepName(rollout)}: waits until all nodes are prepared`),
    ]);
  }
  if (forwardSteps(rollout)[step]?.kind === 'share') return beginShare(rollout, moment);
  return changed(rollout, { stage: 'running', sinceMs: moment.ms, begun: begun + 1 }, [
    info(`${stepName(rollout)} begins`),
  ]);
}

/** A window that closed meanwhile has to open again, and then all nodes have to be there again. */
function passBarrier(rollout: Rollout, { windows }: RolloutTerms, moment: Moment): Stepped {
  if (isWithin(windows, moment.wallMs)) return beginShare(rollout, moment);
  return changed(rollout, { stage: 'before', sinceMs: moment.ms });
}

function beginShare(rollout: Rollout, moment: Moment): Stepped {
  const running = { stage: 'running', sinceMs: moment.ms } as const;
  const tell = info(`${stepName(rollout)} begins`);
  const number = moment.nextNumber;
  const revisions = { ...rollout.revisions, share: number };
  return changed({ ...rollout, revisions }, running, [
    { type: 'add-revision', content: 'target', number, later: false },
    tell,
  ]);
}

/** A failure of a node on the way back does not stop the others: there is nothing better to do. */
function lookBack(rollout: Rollout, seen: Seen, moment: Moment): Stepped {
  const { step, sinceMs } = rollout.state;
  const { limitMs } = termsOf(rollout.strategy);
  const steps = backSteps(rollout);
  const counts = wavesOfStep(rollout).map((wave) => seen.waves[wave]);
  const { working, left } = sumOf(counts.map((count) => count ?? nothing));
  const hasTime = seen.mayReturn === true || moment.ms - sinceMs < limitMs;
  if (working + left > 0 && hasTime) return same(rollout);
  if (step + 1 >= steps.length) return end(rollout, 'aborted', { missed: stuckNodes(seen) });
  const isAll = steps[step + 1]?.kind === 'all';
  const next = { step: step + 1, stage: 'running', sinceMs: moment.ms } as const;
  const { base, back } = rollout.revisions;
  const known = base !== undefined && back !== undefined;
  if (!isAll || !known || !hasShareStep(rollout)) return changed(rollout, next);
  const number = moment.nextNumber;
  return changed({ ...rollout, revisions: { ...rollout.revisions, backShare: number } }, next, [
    { type: 'add-revision', content: 'base', number, later: false },
  ]);
}

interface FailedLook {
  readonly terms: RolloutTerms;
  readonly seen: Seen;
  readonly moment: Moment;
}

/**
 * What a person decides about is stored with the pause: what nodes do meanwhile, and those that have
 * not connected to another controller yet, are no part of it.
 */
function fail(
  rollout: Rollout,
  { why, decision }: Extract<Judged, { readonly kind: 'failed' }>,
  { terms, seen, moment }: FailedLook,
): Stepped {
  if (terms.onFailure === 'roll-back') return goBack(rollout, { why, cause: 'failure' }, moment);
  const { names, unnamed } = withDecision(rollout.state, decision);
  const more = unnamed.length === 0 ? '' : unnamedText(rollout, terms, seen, unnamed);
  const text = `${why.slice(0, 2048 - more.length)}${more}`;
  const paused = { cause: 'failure', by: 'the controller', why: text } as const;
  const unpaused = { ...rollout, state: withoutNames(rollout.state) };
  return changed(unpaused, { paused, ...names }, [warn(`paused: ${text}`)]);
}

function goBack(
  rollout: Rollout,
  { why, cause }: { readonly why: string; readonly cause: 'failure' | 'person' },
  { ms, nextNumber }: Moment,
): Stepped {
  const reason = why.slice(0, 2048);
  // The cluster-wide resources that all nodes have would stay until the end of the waves: all nodes go
  // back at once, as when a wave has not begun.
  const begun = rollout.revisions.share === undefined ? rollout.state.begun : 0;
  const state = { ...withoutNames(rollout.state), begun };
  const back: Rollout = {
    ...rollout,
    state: { ...state, phase: 'back', step: 0, stage: 'running', sinceMs: ms, cause, reason },
  };
  const tell = warn(`goes back: ${why}`);
  if (rollout.revisions.base === undefined) {
    return { ok: true, rollout: back, actions: [{ type: 'roll-back' }, tell] };
  }
  const later = hasShareStep(rollout) && begun > 0;
  const revisions = { ...rollout.revisions, back: nextNumber };
  return {
    ok: true,
    rollout: { ...back, revisions },
    actions: [{ type: 'add-revision', content: 'base', number: nextNumber, later }, tell],
  };
}

function pause(
  rollout: Rollout,
  { by, why = 'a person paused it' }: { readonly by: string; readonly why?: string },
): Stepped | StepRefused {
  if (isOver(rollout)) return refuse('pause', rollout);
  if (rollout.kind === 'push') return refuse('pause', rollout, 'all nodes get a push at once');
  if (rollout.state.phase === 'back') return refuse('pause', rollout);
  if (rollout.state.paused !== undefined) return refuse('pause', rollout, 'it is paused already');
  const paused = { cause: 'person', by: by.slice(0, 256), why: why.slice(0, 2048) } as const;
  return changed(rollout, { paused }, [info(`paused by ${by}`)]);
}

/** Who resumes it after a failure goes on with the nodes that are stored with the pause. */
function resume(rollout: Rollout, { ms }: Moment): Stepped | StepRefused {
  if (isOver(rollout)) return refuse('resume', rollout);
  // Earlier versions stored a number of late nodes with the pause, which says nothing about which.
  const { paused, late: _late, ...state } = rollout.state;
  if (paused === undefined) return refuse('resume', rollout, 'it is not paused');
  const resumed = { ...rollout, state: { ...state, sinceMs: ms } };
  return { ok: true, rollout: resumed, actions: [info('resumed')] };
}

function approve(rollout: Rollout): Stepped | StepRefused {
  if (isOver(rollout)) return refuse('approve', rollout);
  if (!needsApproval(rollout)) return refuse('approve', rollout, 'it waits for no approval now');
  return changed(rollout, { approved: rollout.state.step }, [
    info(`${stepName(rollout)} is approved`),
  ]);
}

/** Also after it is done: all nodes go back at once then, if there was a cluster share. */
function abort(rollout: Rollout, why: string, moment: Moment): Stepped | StepRefused {
  const { phase } = rollout.state;
  if (phase === 'forward' || phase === 'done') {
    return goBack(rollout, { why, cause: 'person' }, moment);
  }
  return refuse('abort', rollout);
}

function end(
  rollout: Rollout,
  phase: 'done' | 'aborted' | 'superseded',
  { missed = 0, ...more }: { readonly reason?: string; readonly missed?: number } = {},
): Stepped {
  const state = withoutNames(rollout.state);
  const what = missed === 0 ? phase : `${phase}; ${couldNotGoBack(missed)}`;
  const text = phase === 'done' ? 'done' : `${what}: ${more.reason ?? state.reason ?? ''}`;
  const ended = { ...rollout, state: { ...state, phase, ...more } };
  return { ok: true, rollout: ended, actions: [info(text)] };
}

/** The names are of no use any longer, and the text of the base may need their room. */
function withoutNames({
  paused: _paused,
  toleratedNodes: _tolerated,
  lateNodes: _late,
  unprepared: _left,
  ...state
}: Rollout['state']): Rollout['state'] {
  return state;
}

/** The nodes that the way back did not bring to what they had before; those that are away get it. */
function stuckNodes(seen: Seen): number {
  const { failed, working, left } = sumOf(seen.waves);
  return failed + working + left;
}

function changed(
  rollout: Rollout,
  state: Partial<Rollout['state']>,
  actions: readonly RolloutAction[] = [],
): Stepped {
  return { ok: true, rollout: { ...rollout, state: { ...rollout.state, ...state } }, actions };
}

function same(rollout: Rollout): Stepped {
  return { ok: true, rollout, actions: [] };
}

function info(text: string): RolloutAction {
  return { type: 'tell', level: 'info', text };
}

function warn(text: string): RolloutAction {
  return { type: 'tell', level: 'warn', text };
}
