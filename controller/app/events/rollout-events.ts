/** What happened to the newest rollout between two looks at it. A push has no events of its own. */
import { isOver, type Moment } from '../../../core/rollout/step.ts';
import { acceptedNodes, confirmedText } from '../../../core/rollout/judged.ts';
import type { Seen } from '../../../core/rollout/seen.ts';
import { stepName, type Rollout } from '../../../core/rollout/steps.ts';
import { waitsFor } from '../../../core/rollout/waits-for.ts';
import type { FleetEventKind, FleetHappening } from './fleet-event.ts';

export interface SeenRollout {
  readonly number: number;
  readonly phase: Rollout['state']['phase'];
  readonly stage: Rollout['state']['stage'];
  /** Its name, for people. */
  readonly step: string;
  /** While it settles: how it has confirmed, or goes on. */
  readonly confirmed?: string;
  readonly reason?: string;
  readonly paused?: NonNullable<Rollout['state']['paused']>;
  /** What it waits for before it begins a step. */
  readonly wait?: { readonly kind: 'approval' | 'window' | 'barrier'; readonly text: string };
}

/**
 * @param nodes what the nodes say, which is asked at a barrier, and after a resume, only
 * @returns undefined: the newest revision came by a push, or there is none
 */
export function seeRollout(
  rollout: Rollout | undefined,
  moment: Pick<Moment, 'ms' | 'wallMs'>,
  nodes: () => Seen | undefined,
): SeenRollout | undefined {
  if (rollout?.kind !== 'rollout') return undefined;
  const { phase, stage, reason, paused } = rollout.state;
  const isWithout = stage === 'settling' && acceptedNodes(rollout).size > 0;
  // What else it waits for does not depend on what the nodes say.
  const seen = stage === 'barrier' || isWithout ? nodes() : undefined;
  const wait = waitsFor(rollout, seen ?? { waves: [], open: [], failures: [] }, moment);
  return {
    ...{ number: rollout.revisions.target, phase, stage, step: stepName(rollout) },
    ...(isWithout && seen !== undefined && { confirmed: confirmedText(rollout, seen) }),
    ...(reason !== undefined && { reason }),
    ...(paused !== undefined && !isOver(rollout) && { paused }),
    ...((wait?.kind === 'approval' || wait?.kind === 'window' || wait?.kind === 'barrier') && {
      wait: { kind: wait.kind, text: wait.text },
    }),
  };
}

/** In the order in which it happened, as far as two looks show it. */
export function compareRollouts(
  before: SeenRollout | undefined,
  now: SeenRollout | undefined,
): readonly FleetHappening[] {
  if (before !== undefined && before.number !== now?.number) {
    return [...superseded(before), ...compareRollouts(undefined, now)];
  }
  if (now === undefined) return [];
  const { number, phase, step, paused, wait } = now;
  const happened = (kind: FleetEventKind, level: FleetHappening['level'], text: string) => [
    { kind, level, text: `rollout of revision ${String(number)}: ${text}`, revision: number },
  ];
  const isNew = before === undefined;
  const isNewPhase = phase !== before?.phase;
  const isNewStage = isNewPhase || step !== before.step || now.stage !== before.stage;
  const wasPaused = before?.paused !== undefined;
  return [
    ...(isNew ? happened('rollout-step', 'info', 'it begins') : []),
    // An abort ends the pause as well.
    ...(wasPaused &&
    paused === undefined &&
    !isNewPhase &&
    (phase === 'forward' || phase === 'back')
      ? happened('rollout-step', 'info', 'resumed')
      : []),
    ...(phase === 'back' && isNewPhase
      ? happened('rollout-back', 'error', `goes back${why(now)}`)
      : []),
    ...(isNewStage
      ? stageTexts(now).flatMap((text) => happened('rollout-step', 'info', text))
      : []),
    ...(paused !== undefined && !wasPaused
      ? happened(
          'rollout-paused',
          paused.cause === 'failure' ? 'error' : 'warning',
          `paused by ${paused.by}: ${paused.why}`,
        )
      : []),
    ...(wait !== undefined && (isNewStage || wait.kind !== before.wait?.kind)
      ? happened('rollout-waits', wait.kind === 'window' ? 'info' : 'warning', wait.text)
      : []),
    ...(phase === 'done' && isNewPhase ? happened('rollout-done', 'info', 'done') : []),
    ...(phase === 'aborted' && isNewPhase
      ? happened('rollout-aborted', 'error', `aborted${why(now)}`)
      : []),
  ];
}

function stageTexts({
  phase,
  stage,
  step,
  confirmed = 'has confirmed',
}: SeenRollout): readonly string[] {
  if (phase === 'back') return [`${step} ${step === 'all nodes' ? 'go' : 'goes'} back`];
  // What it waits for there has a text of its own.
  if (phase !== 'forward' || stage === 'before' || stage === 'barrier') return [];
  return [stage === 'running' ? `${step} begins` : `${step} ${confirmed}`];
}

function superseded({ number, phase }: SeenRollout): readonly FleetHappening[] {
  if (phase !== 'forward' && phase !== 'back') return [];
  const text = `rollout of revision ${String(number)}: ended by a newer revision`;
  return [{ kind: 'rollout-superseded', level: 'warning', text, revision: number }];
}

function why({ reason }: SeenRollout): string {
  return reason === undefined ? '' : `: ${reason}`;
}
