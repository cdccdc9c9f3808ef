/** How long calls take, counted for a histogram of Prometheus. */
import type { Sample } from './exposition.ts';

/** Upper bounds in seconds. */
const latencyBounds = [0.005, 0.025, 0.1, 0.5, 2, 10] as const;

export interface CallCount {
  readonly calls: number;
  readonly failures: number;
  readonly seconds: number;
  /** Number of calls between the previous bound and this one, for each bound. */
  readonly byBound: readonly number[];
}

export const noCalls: CallCount = {
  calls: 0,
  failures: 0,
  seconds: 0,
  byBound: latencyBounds.map(() => 0),
};

export function withCall(before: CallCount, seconds: number, hasFailed: boolean): CallCount {
  const bound = latencyBounds.findIndex((most) => seconds <= most);
  return {
    calls: before.calls + 1,
    failures: before.failures + (hasFailed ? 1 : 0),
    seconds: before.seconds + seconds,
    byBound: before.byBound.map((count, index) => count + (index === bound ? 1 : 0)),
  };
}

/** The samples of one call's histogram. */
export function histogramOf(
  call: string,
  { calls, seconds, byBound }: CallCount,
): readonly Sample[] {
  let below = 0;
  const buckets = latencyBounds.map((bound, index): Sample => {
    below += byBound[index] ?? 0;
    return { suffix: '_bucket', labels: { call, le: String(bound) }, value: below };
  });
  return [
    ...buckets,
    { suffix: '_bucket', labels: { call, le: '+Inf' }, value: calls },
    { suffix: '_sum', labels: { call }, value: seconds },
    { suffix: '_count', labels: { call }, value: calls },
  ];
}
