/** What the gates and the confirmation ask about the fleet. */
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import {
  isMet,
  judgeFleet,
  type FleetCondition,
  type FleetVerdict,
} from '../../../core/fleet/judge-fleet.ts';
import type { FleetSummary } from '../../../core/fleet/summarise-fleet.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FleetExchange } from '../../ports/fleet.ts';

export interface FleetView {
  /** Whether the condition is met, for the revision that this agent brings into force. */
  judge(condition: FleetCondition, digest: string): FleetVerdict;
  /** How far the agent is that writes the cluster-wide resources; undefined: nobody knows. */
  writer(digest: string): FleetSummary['writer'];
}

export interface FleetViewDeps {
  readonly exchange: FleetExchange;
  /** This node's report as it is now, whether it is published yet or not. */
  readonly own: () => FleetReport | undefined;
  readonly clock: Pick<Clock, 'elapsed'>;
}

interface Followed {
  readonly condition: FleetCondition;
  /** By the monotonic clock; undefined: it is not met. */
  readonly metSinceMs: number | undefined;
}

/** A condition is followed from when it is asked for until the exchange forgets the revision. */
export function createFleetView({ exchange, own, clock }: FleetViewDeps): FleetView {
  let followed = new Map<string, Followed>();
  let digestNow: string | undefined;

  const ownOf = (digest: string): FleetReport | undefined => {
    const report = own();
    return report?.revision.digest === digest ? report : undefined;
  };
  const summaryOf = (digest: string): FleetSummary | undefined => {
    const summary = exchange.summary();
    return summary?.digest === digest ? summary : undefined;
  };
  const lookAgain = (condition: FleetCondition, before: Followed | undefined): Followed => {
    const met =
      digestNow !== undefined &&
      isMet(condition, { summary: summaryOf(digestNow), own: ownOf(digestNow) });
    return { condition, metSinceMs: met ? (before?.metSinceMs ?? clock.elapsed()) : undefined };
  };
  exchange.onChange(() => {
    for (const [key, one] of followed) followed.set(key, lookAgain(one.condition, one));
  });
  return {
    judge: (condition, digest) => {
      if (digestNow !== digest) {
        followed = new Map();
        digestNow = digest;
      }
      const key = JSON.stringify(condition);
      const now = lookAgain(condition, followed.get(key));
      followed.set(key, now);
      const { metSinceMs } = now;
      return judgeFleet(condition, {
        summary: summaryOf(digest),
        own: ownOf(digest),
        metForMs: metSinceMs === undefined ? undefined : clock.elapsed() - metSinceMs,
      });
    },
    writer: (digest) => summaryOf(digest)?.writer,
  };
}
