/** A rollout in the form of the API. */
import { byText } from '../../../core/by-text.ts';
import { refOf } from '../../../core/protocol/messages.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { barrierText } from '../../../core/rollout/barrier.ts';
import { acceptedNodes, leftBehind } from '../../../core/rollout/judged.ts';
import { nothing, openOf, type Seen, type WaveCount } from '../../../core/rollout/seen.ts';
import { isOver } from '../../../core/rollout/step.ts';
import { stepName, wavesOfStep, type Rollout } from '../../../core/rollout/steps.ts';
import { isTurn, newestOf } from '../../../core/rollout/targets.ts';
import { waitsFor, type RolloutWait } from '../../../core/rollout/waits-for.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { LiveRollout } from '../assignment/assignment.ts';
import type { Rollouts } from './rollouts.ts';
import { seeNode } from './see-nodes.ts';

export interface WaveView extends WaveCount {
  readonly name: string;
  readonly state:
    /** It has not begun. */
    | 'later'
    | 'running'
    | 'settling'
    | 'done'
    /** Its nodes go back now. */
    | 'going-back'
    /** Its nodes have what they had before. */
    | 'back';
  /** The first of its nodes, by name. */
  readonly names: readonly string[];
  /** The nodes that have not confirmed, and without which a person resumed it. Absent: none. */
  readonly without?: {
    readonly count: number;
    /** The first ones, by name. */
    readonly nodes: readonly string[];
  };
}

export interface RolloutSummary {
  /** The number of its first revision. */
  readonly number: number;
  readonly kind: Rollout['kind'];
  readonly phase: Rollout['state']['phase'];
  /** Of its revisions the newest one. */
  readonly newest: number;
  /** The revision whose content the nodes get when it goes back; absent: there is none. */
  readonly base?: number;
  readonly by: string;
  readonly startedAt: string;
  readonly changedAt: string;
  /** What made it go back; absent: it did not go back, or an older version made it. */
  readonly cause?: 'failure' | 'person';
  /** Why it goes back, or has ended before its last step. */
  readonly reason?: string;
}

export interface RolloutView extends RolloutSummary {
  readonly revision: RevisionRef;
  /** The step that it is at; absent: it is over. */
  readonly step?: string;
  /** Why all nodes have to be prepared before the cluster-wide resources change. Absent: they need not. */
  readonly barrier?: string;
  readonly paused?: NonNullable<Rollout['state']['paused']>;
  readonly waitsFor?: RolloutWait;
  /** Why the controller cannot go on with it; it tries again. */
  readonly problem?: string;
  readonly waves: readonly WaveView[];
  /** The first nodes that failed, or whose agent is too old for the revision, by name. */
  readonly failures: readonly FailedNode[];
  /** The first nodes that are away, or disconnected after they took the revision, by name. */
  readonly missing: readonly string[];
}

export interface FailedNode {
  readonly node: string;
  readonly wave: string;
  readonly why: string;
}

/** The most nodes of each list. */
const most = 20;

export function summarizeRollout(rollout: Rollout): RolloutSummary {
  const { revisions, kind, state, by, startedAt, changedAt } = rollout;
  return {
    number: revisions.target,
    kind,
    phase: state.phase,
    newest: newestOf(rollout),
    ...(revisions.base !== undefined && { base: revisions.base }),
    by,
    startedAt,
    changedAt,
    ...(state.cause !== undefined && { cause: state.cause }),
    ...(state.reason !== undefined && { reason: state.reason }),
  };
}

/** @returns undefined: there is none */
export function viewRollout(
  fleet: Fleet,
  rollouts: Pick<Rollouts, 'current' | 'seen' | 'moment' | 'problem'>,
): RolloutView | undefined {
  const live = rollouts.current();
  const seen = rollouts.seen();
  const revision = live?.revisions.get(newestOf(live.rollout));
  if (live === undefined || seen === undefined || revision === undefined) return undefined;
  const { rollout } = live;
  const { paused } = rollout.state;
  const wait = waitsFor(rollout, seen, rollouts.moment());
  const problem = rollouts.problem();
  return {
    ...summarizeRollout(rollout),
    revision: refOf(revision),
    ...(!isOver(rollout) && { step: stepName(rollout) }),
    ...(rollout.barrier !== undefined && { barrier: barrierText(rollout.barrier) }),
    ...(paused !== undefined && { paused }),
    ...(wait !== undefined && { waitsFor: wait }),
    ...(problem !== undefined && { problem }),
    ...viewNodes(fleet, live, viewWaves(rollout, seen)),
  };
}

function viewWaves(rollout: Rollout, seen: Seen): readonly Omit<WaveView, 'names'>[] {
  const current = isOver(rollout) ? [] : wavesOfStep(rollout);
  // While it is paused, a person has not gone on without all of them yet.
  const accepted = rollout.state.paused === undefined ? acceptedNodes(rollout) : new Set<string>();
  return rollout.waves.map(({ name }, place) => {
    const without = leftBehind(openOf(seen, [place]), accepted);
    return {
      name,
      state: stateOf(rollout, place, current.includes(place)),
      ...(seen.waves[place] ?? nothing),
      ...(without.length > 0 && {
        without: { count: without.length, nodes: without.slice(0, most) },
      }),
    };
  });
}

function stateOf(rollout: Rollout, place: number, isCurrent: boolean): WaveView['state'] {
  const { phase, stage, begun } = rollout.state;
  if (phase === 'aborted') return 'back';
  if (phase === 'back') {
    if (isCurrent) return 'going-back';
    if (isTurn(rollout, place)) return 'back';
  }
  if (place >= begun) return 'later';
  if (phase !== 'forward' || !isCurrent || stage === 'before' || stage === 'barrier') return 'done';
  return stage;
}

function viewNodes(
  fleet: Fleet,
  live: LiveRollout,
  waves: readonly Omit<WaveView, 'names'>[],
): Pick<RolloutView, 'waves' | 'failures' | 'missing'> {
  const named = waves.map((): string[] => []);
  const failures: FailedNode[] = [];
  const missing: string[] = [];
  for (const record of fleet.records()) {
    const { name, wave, state, why = '' } = seeNode(fleet, live, record, { mayReturn: false });
    if (state === 'failed' || why !== '') {
      failures.push({ node: name, wave: live.rollout.waves[wave]?.name ?? '', why });
    }
    if (state === 'away' || state === 'left') missing.push(name);
    named[wave]?.push(name);
  }
  return {
    waves: waves.map((wave, place) => ({
      ...wave,
      names: (named[place] ?? []).toSorted(byText).slice(0, most),
    })),
    failures: failures.toSorted((one, other) => (one.node < other.node ? -1 : 1)).slice(0, most),
    missing: missing.toSorted().slice(0, most),
  };
}
