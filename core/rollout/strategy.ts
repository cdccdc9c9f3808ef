/** The terms of a rollout, with their defaults, from the document that a person wrote. */
import type { RolloutStrategy, RolloutWindow } from '../../schemas/generated/rollout-strategy.ts';
import { openTimesOf, type OpenTimes } from './windows.ts';

export interface RolloutTerms {
  /** How long a wave must be without a failure after its nodes have confirmed. */
  readonly settleMs: number;
  /** How long the nodes of a wave have to confirm. */
  readonly limitMs: number;
  readonly maxFailures:
    | { readonly kind: 'count'; readonly count: number }
    | { readonly kind: 'percent'; readonly percent: number };
  readonly approval: 'none' | 'each-wave';
  /** Empty: at any time. */
  readonly windows: readonly OpenTimes[];
  readonly onFailure: 'roll-back' | 'pause';
  /** What counts where all nodes have to be prepared. */
  readonly barrier: { readonly limitMs: number; readonly away: 'wait' | 'leave' };
  /** The name of the wave after which the cluster-wide resources are written, or `last`. */
  readonly clusterShare: string;
}

/** All nodes at once. */
export const plainStrategy: RolloutStrategy = {
  apiVersion: 'calico-agent/v1',
  kind: 'RolloutStrategy',
};

const minute = 60_000;

/** @param document a strategy without errors */
export function termsOf({
  settle,
  limit,
  maxFailures = 0,
  approval = 'none',
  windows = [],
  onFailure = 'roll-back',
  clusterShare = 'last',
  barrier: { limit: barrierLimit = limit, away = 'wait' } = {},
}: RolloutStrategy): RolloutTerms {
  return {
    settleMs: settle === undefined ? minute : timeMs(settle),
    limitMs: limitOf(limit),
    maxFailures:
      typeof maxFailures === 'number'
        ? { kind: 'count', count: maxFailures }
        : { kind: 'percent', percent: Number(maxFailures.replace('%', '')) },
    approval,
    windows: windows.map((window: RolloutWindow) => openTimesOf(window)),
    onFailure,
    barrier: { limitMs: limitOf(barrierLimit), away },
    clusterShare,
  };
}

function limitOf(limit: string | undefined): number {
  return limit === undefined ? 15 * minute : timeMs(limit);
}

const units: Readonly<Record<string, number>> = { s: 1000, m: minute, h: 60 * minute };

/** @param text `60s`, `15m` or `2h` @returns milliseconds */
export function timeMs(text: string): number {
  return Number(text.slice(0, -1)) * (units[text.slice(-1)] ?? 0);
}

/** The failed nodes with which a rollout goes on. @param nodes those of the waves that have begun */
export function allowedFailures({ maxFailures }: RolloutTerms, nodes: number): number {
  if (maxFailures.kind === 'count') return maxFailures.count;
  return Math.floor((nodes * maxFailures.percent) / 100);
}
