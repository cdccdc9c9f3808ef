/**
 * The controller's configurations on one connection, and the agent's answers. Every configuration
 * ends once: confirmed, or with a nack. The agent judges one at a time; of those that arrive
 * meanwhile the newest waits, and the others are superseded.
 */
import type {
  AckMessage,
  ConfigMessage,
  NackMessage,
} from '../../schemas/generated/channel-message.ts';
import type { RevisionRef } from '../../schemas/generated/revision.ts';
import { briefIssues } from './brief.ts';
import { refOf, sameRef } from './messages.ts';
import { ackStages, rankOf, type AckStage } from './stages.ts';

export interface Work {
  /** Offered to the agent, which has not answered yet. */
  readonly judging?: Progress;
  /** To be offered next. */
  readonly next?: ConfigMessage;
  /** The last one that the agent accepted. */
  readonly current?: Progress;
}

interface Progress {
  readonly ref: RevisionRef;
  /** The rank of the last stage that was acknowledged. */
  readonly rank: number;
  /** Confirmed, or refused for good: no further answer follows. */
  readonly ended: boolean;
  /** The text of the last nack, for a configuration that is retried. */
  readonly failure?: string;
}

/** Why a revision was refused or failed. */
export type Failure = Pick<NackMessage, 'code' | 'message' | 'issues' | 'retrying'>;

export interface WorkStep {
  readonly work: Work;
  readonly answers: readonly (AckMessage | NackMessage)[];
  readonly offer?: ConfigMessage;
}

export const noWork: Work = {};

export function takeConfig(work: Work, config: ConfigMessage): WorkStep {
  const known = [work.judging?.ref, work.next, work.current?.ref];
  if (known.some((ref) => ref !== undefined && sameRef(ref, config))) return unchanged(work);
  if (work.judging === undefined) return beginJudging(work, config);
  const { next } = work;
  if (next === undefined) return { work: { ...work, next: config }, answers: [] };
  const [newer, older] = config.number >= next.number ? [config, next] : [next, config];
  return { work: { ...work, next: newer }, answers: [nackOf(older, superseded(newer))] };
}

/** The agent accepted a configuration, which has reached `stage`. */
export function takeAcceptance(work: Work, ref: RevisionRef, stage: AckStage): WorkStep {
  if (work.judging === undefined || !sameRef(work.judging.ref, ref)) {
    return takeStage(work, ref, stage);
  }
  const { judging, current, ...rest } = work;
  const accepted = advance(judging, stage);
  const answers = [...accepted.answers];
  if (current !== undefined && !current.ended) {
    answers.push(nackOf(current.ref, superseded(ref)));
  }
  return offerNext({ ...rest, current: accepted.progress }, answers);
}

export function takeRefusal(work: Work, ref: RevisionRef, failure: Failure): WorkStep {
  if (work.judging === undefined || !sameRef(work.judging.ref, ref)) return unchanged(work);
  const { judging, ...rest } = work;
  return offerNext(rest, fail(judging, failure).answers);
}

export function takeStage(work: Work, ref: RevisionRef, stage: AckStage): WorkStep {
  return update(work, ref, (progress) => advance(progress, stage));
}

export function takeFailure(work: Work, ref: RevisionRef, failure: Failure): WorkStep {
  return update(work, ref, (progress) => fail(progress, failure));
}

interface ProgressStep {
  readonly progress: Progress;
  readonly answers: readonly (AckMessage | NackMessage)[];
}

function update(work: Work, ref: RevisionRef, step: (from: Progress) => ProgressStep): WorkStep {
  const { judging, current } = work;
  // A stage may be sent before the answer to the offer that led to it.
  if (judging !== undefined && sameRef(judging.ref, ref)) {
    const { progress, answers } = step(judging);
    return { work: { ...work, judging: progress }, answers };
  }
  if (current !== undefined && sameRef(current.ref, ref)) {
    const { progress, answers } = step(current);
    return { work: { ...work, current: progress }, answers };
  }
  return unchanged(work);
}

/** Acknowledges every stage up to this one that was not acknowledged yet, in order. */
function advance(progress: Progress, stage: AckStage): ProgressStep {
  const rank = rankOf(stage);
  if (progress.ended || rank <= progress.rank) return { progress, answers: [] };
  const answers = ackStages
    .slice(progress.rank, rank)
    .map((reached) => ackOf(progress.ref, reached));
  return { progress: { ...progress, rank, ended: rank === ackStages.length }, answers };
}

function fail(progress: Progress, failure: Failure): ProgressStep {
  const said = `${failure.code}: ${failure.message}`;
  const retrying = failure.retrying === true;
  if (progress.ended || (retrying && progress.failure === said)) return { progress, answers: [] };
  return {
    progress: { ...progress, ended: !retrying, failure: said },
    answers: [nackOf(progress.ref, failure)],
  };
}

function offerNext(work: Work, answers: WorkStep['answers']): WorkStep {
  const { next, ...rest } = work;
  if (next === undefined) return { work: rest, answers };
  return { ...beginJudging(rest, next), answers };
}

function beginJudging(work: Work, config: ConfigMessage): WorkStep {
  const judging = { ref: refOf(config), rank: 0, ended: false };
  return { work: { ...work, judging }, answers: [], offer: config };
}

function ackOf(ref: RevisionRef, stage: AckStage): AckMessage {
  return { type: 'ack', ...refOf(ref), stage };
}

function nackOf(ref: RevisionRef, failure: Failure): NackMessage {
  return {
    type: 'nack',
    ...refOf(ref),
    ...failure,
    message: failure.message.slice(0, 4096),
    issues: briefIssues(failure.issues),
  };
}

function superseded(by: RevisionRef): Failure {
  return {
    code: 'superseded',
    message: `revision ${String(by.number)} came before it was done`,
    issues: [],
  };
}

function unchanged(work: Work): WorkStep {
  return { work, answers: [] };
}
