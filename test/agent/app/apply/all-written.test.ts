import { expect } from 'chai';
import { createAllWritten, type AllWritten } from '../../../../agent/app/apply/all-written.ts';
import type { Gate } from '../../../../core/plan/gate.ts';
import type { AnyPlan } from '../../../../core/plan/plan.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';

const revision = { lineage: 'local:node-0', number: 2, digest: `sha256:${'2'.repeat(64)}` };
const guarding: Gate = { kind: 'fleet-guarding', withinSeconds: 60 };
const sessions: Gate = { kind: 'fleet-sessions', stableSeconds: 10, withinSeconds: 120 };

function planOf(...steps: readonly (readonly Gate[])[]): AnyPlan {
  const withGates = steps.map((gates) => ({ title: 'a step', why: '', gates, changes: [] }));
  return { formatVersion: 1, steps: withGates, issues: [] };
}

describe('the time since all nodes have made their changes', () => {
  let clock: ManualClock;
  let areOthersDone: boolean;
  let written: AllWritten;
  const begins = (plan: AnyPlan): Promise<void> =>
    written.begins({ revision, plan, isOwnOnly: false });
  beforeEach(() => {
    clock = createManualClock();
    areOthersDone = true;
    written = createAllWritten({ others: () => areOthersDone, clock });
  });

  it('begins when nothing is left before the first step that waits for sessions', async () => {
    await begins(planOf([guarding], [guarding, sessions]));
    expect(written.seconds(revision)).to.equal(undefined);
    await begins(planOf([guarding, sessions]));
    expect(written.seconds(revision)).to.equal(0);
    clock.advance(7000);
    await begins(planOf([guarding, sessions]));
    expect(written.seconds(revision)).to.equal(7);
  });

  it('begins anew once another node has changes left', async () => {
    await begins(planOf([sessions]));
    expect(written.seconds(revision)).to.equal(0);
    clock.advance(5000);
    areOthersDone = false;
    expect(written.seconds(revision)).to.equal(undefined);
    areOthersDone = true;
    clock.advance(5000);
    expect(written.seconds(revision)).to.equal(0);
  });

  it('goes on while all is in force, and is unknown for another revision', async () => {
    await begins(planOf([guarding]));
    written.moved({ revision, at: 'written' });
    expect(written.seconds(revision)).to.equal(0);
    expect(written.seconds({ ...revision, number: 3 })).to.equal(undefined);
  });
});
