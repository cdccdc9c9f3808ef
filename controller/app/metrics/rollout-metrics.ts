/** The metrics of the newest rollout. Absent while the newest revision came by a push. */
import { keysOf } from '../../../core/keys-of.ts';
import type { Metric } from '../../../core/metrics/exposition.ts';
import type { WaveCount } from '../../../core/rollout/seen.ts';
import type { RolloutWait } from '../../../core/rollout/waits-for.ts';
import type { RolloutView, WaveView } from '../rollout/rollout-view.ts';
import { gauge, single, timeOf } from './metric.ts';

/** The newest rollout is in one of these states; one that a newer revision ended is not the newest. */
export type RolloutMetricState =
  | 'running'
  | 'settling'
  | 'waiting-approval'
  | 'waiting-window'
  /** For nodes, before the cluster-wide resources change. */
  | 'waiting-barrier'
  | 'paused'
  /** By the controller, because of failures. */
  | 'paused-by-failure'
  | 'going-back'
  | 'done'
  | 'aborted';

const states: Readonly<Record<RolloutMetricState, true>> = {
  running: true,
  settling: true,
  'waiting-approval': true,
  'waiting-window': true,
  'waiting-barrier': true,
  paused: true,
  'paused-by-failure': true,
  'going-back': true,
  done: true,
  aborted: true,
};

const statesOfWaits: Readonly<Record<RolloutWait['kind'], RolloutMetricState>> = {
  resume: 'paused',
  approval: 'waiting-approval',
  window: 'waiting-window',
  nodes: 'running',
  barrier: 'waiting-barrier',
  confirm: 'running',
  settling: 'settling',
};

const nodeStates: Readonly<Record<Exclude<keyof WaveCount, 'nodes'>, true>> = {
  confirmed: true,
  failed: true,
  working: true,
  left: true,
  away: true,
};

const waveStates: Readonly<Record<WaveView['state'], true>> = {
  later: true,
  running: true,
  settling: true,
  done: true,
  'going-back': true,
  back: true,
};

/** @param rollout undefined: there is none */
export function rolloutMetrics(rollout: RolloutView | undefined): readonly Metric[] {
  if (rollout?.kind !== 'rollout') return [];
  const { waves, number, startedAt, changedAt, problem, waitsFor } = rollout;
  const state = stateOf(rollout);
  const nodes = (count: keyof WaveCount): number =>
    waves.reduce((sum, wave) => sum + wave[count], 0);
  const begun = waves.filter((wave) => wave.state !== 'later').length;
  return [
    gauge('rollout', 'Number of the first revision of the newest rollout.', single(number)),
    gauge(
      'rollout_state',
      '1 for the state of the newest rollout, 0 for the others.',
      keysOf(states).map((one) => ({
        labels: { state: one },
        value: one === state ? 1 : 0,
      })),
    ),
    gauge(
      'rollout_failed',
      '1: it is paused because of failures, or went back because of them.',
      single(hasFailed(rollout) ? 1 : 0),
    ),
    gauge('rollout_problem', '1: the controller cannot go on.', single(problem ? 1 : 0)),
    gauge('rollout_waves', 'Waves of the rollout.', single(waves.length)),
    gauge('rollout_waves_begun', 'Those whose nodes got the revision.', single(begun)),
    gauge(
      'rollout_wave_nodes',
      'Nodes of the rollout by the state of their wave.',
      keysOf(waveStates).map((one) => ({
        labels: { state: one },
        value: waves.reduce((sum, wave) => sum + (wave.state === one ? wave.nodes : 0), 0),
      })),
    ),
    gauge(
      'rollout_nodes',
      'Nodes of the waves that have begun, by what they did.',
      keysOf(nodeStates).map((one) => ({ labels: { state: one }, value: nodes(one) })),
    ),
    // Absent where the wait has no limit.
    gauge(
      'rollout_left_seconds',
      'Time that its stage has left; a stage that goes on at 0 is stuck.',
      waitsFor !== undefined && 'leftSeconds' in waitsFor ? single(waitsFor.leftSeconds) : [],
    ),
    gauge(
      'rollout_started_seconds',
      'When it began, in seconds since 1970.',
      single(timeOf(startedAt)),
    ),
    gauge(
      'rollout_changed_seconds',
      'When its state or wave changed, in seconds since 1970.',
      single(timeOf(changedAt)),
    ),
  ];
}

/** A person who took it back has seen what there was. */
function hasFailed({ phase, paused, cause }: RolloutView): boolean {
  if (phase === 'back' || phase === 'aborted') return cause !== 'person';
  return paused?.cause === 'failure';
}

function stateOf({ phase, paused, waitsFor }: RolloutView): RolloutMetricState | undefined {
  if (phase === 'done' || phase === 'aborted') return phase;
  if (phase === 'superseded') return undefined;
  if (paused !== undefined) return paused.cause === 'failure' ? 'paused-by-failure' : 'paused';
  if (phase === 'back') return 'going-back';
  return waitsFor === undefined ? 'running' : statesOfWaits[waitsFor.kind];
}
