/** Reads the gate behind a restart of pods. */
import type { GateOf } from '../../../../core/plan/gate.ts';
import { refText, type ObjectRef } from '../../../../core/platform/cluster/object-ref.ts';
import type { RolloutState } from '../../../../core/platform/cluster/observed-cluster.ts';
import type { GateQuestion, GateReading } from '../gates.ts';

/** Pods that do not come up for so long do not come up by waiting: the image or a setting is wrong. */
const longestStillMs = 15 * 60_000;

interface Seen {
  readonly workload: string;
  readonly progress: string;
  readonly sinceMs: number;
}

export function createRolloutReader(
  rollout: ((workload: ObjectRef) => Promise<RolloutState>) | undefined,
): (gate: GateOf<'rollout'>, question: GateQuestion) => Promise<GateReading> {
  let seen: Seen | undefined;
  return async ({ workload }, { waitedMs }) => {
    if (rollout === undefined) {
      return { isOpen: true, isFinal: true, passedOver: 'nobody can read how far the rollout is' };
    }
    const now = await rollout(workload);
    if (now.state === 'complete') {
      seen = undefined;
      return { isOpen: true };
    }
    const { why, progress = why } = now;
    const name = refText(workload);
    const isSame =
      seen?.workload === name && seen.progress === progress && seen.sinceMs <= waitedMs;
    if (!isSame || seen === undefined) seen = { workload: name, progress, sinceMs: waitedMs };
    const isStill = waitedMs - seen.sinceMs >= longestStillMs;
    return { isOpen: false, why, ...(isStill && { broken: `${name}: ${why}` }) };
  };
}
