import { expect } from 'chai';
import type { GateQuestion, GateReading } from '../../../../../agent/app/apply/gates.ts';
import { createRolloutReader } from '../../../../../agent/app/apply/platform/rollout-gate.ts';
import type { RolloutState } from '../../../../../core/platform/cluster/observed-cluster.ts';
import type { GateOf } from '../../../../../core/plan/gate.ts';

const minute = 60_000;
const gate: GateOf<'rollout'> = {
  kind: 'rollout',
  workload: { kind: 'DaemonSet', namespace: 'kube-system', name: 'calico-node' },
  withinSeconds: 3600,
};

/** The last reading of a gate that is read every minute. */
async function lastOf(states: readonly RolloutState[]): Promise<GateReading | undefined> {
  let minutes = 0;
  const reader = createRolloutReader(() =>
    Promise.resolve(states[minutes] ?? { state: 'complete' }),
  );
  let last: GateReading | undefined;
  for (; minutes < states.length; minutes += 1) {
    const question: GateQuestion = {
      revision: { lineage: 'controller:c', number: 2, digest: `sha256:${'2'.repeat(64)}` },
      isOwnOnly: false,
      isRollingBack: false,
      isFollowing: false,
      waitedMs: minutes * minute,
    };
    last = await reader(gate, question);
  }
  return last;
}

function crashing(minutes: number): RolloutState {
  const state = minutes % 2 === 0 ? 'Running' : 'CrashLoopBackOff: back-off 40s';
  const progress = '1 of 5 pods are new';
  return { state: 'progressing', why: `${progress}; calico-node-abc12: ${state}`, progress };
}

describe('the gate behind a restart of pods', () => {
  it('breaks where pods crash again and again for 15 minutes', async () => {
    const last = await lastOf(Array.from({ length: 17 }, (_, minutes) => crashing(minutes)));
    expect(last).to.include({ isOpen: false });
    expect(last).to.have.property('broken').that.includes('calico-node-abc12');
  });

  it('waits as long as more pods are new from time to time', async () => {
    const states = Array.from({ length: 40 }, (_, minutes): RolloutState => {
      const progress = `${String(Math.floor(minutes / 10))} of 5 pods are new`;
      return { state: 'progressing', why: progress, progress };
    });
    expect(await lastOf(states)).to.not.have.property('broken');
  });
});
