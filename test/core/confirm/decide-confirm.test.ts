import { expect } from 'chai';
import fc from 'fast-check';
import {
  decideConfirm,
  stableMs,
  type ConfirmDecision,
  type ConfirmTerms,
  type ConfirmWatch,
} from '../../../core/confirm/decide-confirm.ts';
import type { Health } from '../../../core/confirm/health.ts';

const healthOf = (state: Health['state'], sessions: Health['sessions'] = 'read'): Health => ({
  state,
  reasons: state === 'healthy' ? [] : ['a session is down'],
  sessions,
});
const terms: ConfirmTerms = {
  mode: 'health',
  seconds: 30,
  untilMs: 30_000,
  canRollBack: true,
  othersAtWork: false,
  awaitsOthers: false,
};

interface Look {
  readonly atMs: number;
  readonly state: Health['state'];
  readonly sessions?: Health['sessions'];
}

/** The first decision that ends the wait, and its time. */
function run(
  looks: readonly Look[],
  changes: Partial<ConfirmTerms> = {},
): { readonly end?: ConfirmDecision; readonly atMs: number } {
  let watch: ConfirmWatch = {};
  for (const { atMs, state, sessions } of looks) {
    const health = healthOf(state, sessions);
    const decided = decideConfirm({ ...terms, ...changes }, watch, health, atMs);
    if (decided.decision !== 'wait') return { end: decided, atMs };
    ({ watch } = decided);
  }
  return { atMs: looks.at(-1)?.atMs ?? 0 };
}
const every2s = (state: Health['state'], toMs: number): readonly Look[] =>
  Array.from({ length: toMs / 2000 + 1 }, (_unused, index) => ({ atMs: index * 2000, state }));

describe('the decision on an unconfirmed change', () => {
  it('confirms a node that is healthy for some seconds', () => {
    expect(run(every2s('healthy', 30_000))).to.deep.equal({
      end: { decision: 'confirm', by: 'health' },
      atMs: 6000,
    });
  });

  it('says so when there is no BIRD to ask', () => {
    const watch = { healthySinceMs: 0 };
    expect(decideConfirm(terms, watch, healthOf('healthy', 'none'), stableMs)).to.deep.equal({
      decision: 'confirm',
      by: 'nothing-seen',
    });
  });

  it('waits to the end for a BIRD that does not answer', () => {
    const unread = every2s('healthy', 40_000).map((one) => ({
      ...one,
      sessions: 'unread' as const,
    }));
    expect(run(unread)).to.deep.equal({
      end: { decision: 'confirm', by: 'nothing-seen' },
      atMs: 30_000,
    });
  });

  it('uses the sessions of a BIRD that answers late, once they stay', () => {
    const looks = every2s('healthy', 40_000).map((one) => ({
      ...one,
      sessions: one.atMs < 9000 ? ('unread' as const) : ('read' as const),
    }));
    expect(run(looks)).to.deep.equal({ end: { decision: 'confirm', by: 'health' }, atMs: 16_000 });
  });

  it('rolls back at the deadline, with the reason', () => {
    expect(run(every2s('unhealthy', 40_000))).to.deep.equal({
      end: {
        decision: 'roll-back',
        why: 'it did not become healthy within 30 s: a session is down',
      },
      atMs: 30_000,
    });
  });

  it('rolls back before it when waiting will not help', () => {
    expect(run(every2s('broken', 40_000))).to.deep.equal({
      end: { decision: 'roll-back', why: 'a session is down' },
      atMs: 16_000,
    });
  });

  it('gives the other side time to make its half of a change', () => {
    const looks = [...every2s('broken', 10_000), { atMs: 12_000, state: 'healthy' as const }];
    expect(run([...looks, { atMs: 18_000, state: 'healthy' }]).end?.decision).to.equal('confirm');
  });

  it('waits for a person to the end, however healthy the node is', () => {
    expect(run(every2s('healthy', 40_000), { mode: 'person' })).to.deep.equal({
      end: { decision: 'roll-back', why: 'nobody confirmed it within 30 s' },
      atMs: 30_000,
    });
  });

  it('stays when there is no revision to roll back to', () => {
    expect(run(every2s('unhealthy', 40_000), { canRollBack: false }).end).to.include({
      decision: 'stay',
    });
  });

  it('does not roll back while other nodes are at work on it', () => {
    expect(run(every2s('broken', 90_000), { othersAtWork: true }).end).to.equal(undefined);
  });

  it('waits for the proof of the other nodes, as long as there is time', () => {
    expect(run(every2s('healthy', 40_000), { awaitsOthers: true })).to.deep.equal({
      end: { decision: 'confirm', by: 'health' },
      atMs: 30_000,
    });
    const working = { awaitsOthers: true, othersAtWork: true };
    expect(run(every2s('healthy', 40_000), working).end).to.equal(undefined);
  });

  it('rolls back at once after another node did, however healthy this one is', () => {
    const rolledBack = 'node-3 rolled back: its session was lost';
    for (const changes of [
      { rolledBack },
      { rolledBack, othersAtWork: true, awaitsOthers: true },
    ]) {
      expect(run(every2s('healthy', 4000), changes)).to.deep.equal({
        end: { decision: 'roll-back', why: rolledBack },
        atMs: 0,
      });
    }
  });

  const looks = fc
    .array(
      fc.record({
        stepMs: fc.integer({ min: 1, max: 4000 }),
        state: fc.constantFrom('healthy', 'unhealthy', 'broken'),
      }),
      { minLength: 1, maxLength: 60 },
    )
    .map((steps) => {
      let atMs = 0;
      return steps.map(({ stepMs, state }) => ({ atMs: (atMs += stepMs), state }));
    });
  const anyTerms = fc.record({
    mode: fc.constantFrom('health', 'person'),
    canRollBack: fc.boolean(),
  });

  it('comes to an end at the deadline, or once it is known whether it stays healthy', () => {
    fc.assert(
      fc.property(looks, anyTerms, (seen, changes) => {
        const { end, atMs } = run(seen, changes);
        if (end === undefined) expect(atMs).to.be.below(terms.untilMs + stableMs + 4000);
      }),
    );
  });

  it('confirms by itself only a node that was healthy in each observation of the last seconds', () => {
    fc.assert(
      fc.property(looks, anyTerms, (seen, changes) => {
        const { end, atMs } = run(seen, changes);
        if (end?.decision !== 'confirm') return;
        expect(changes.mode).to.equal('health');
        const last = seen.filter((one) => one.atMs <= atMs && one.atMs > atMs - stableMs);
        expect(last.every(({ state }) => state === 'healthy')).to.equal(true);
      }),
    );
  });

  it('never rolls back before the deadline for a fault that may pass', () => {
    fc.assert(
      fc.property(looks, anyTerms, (seen, changes) => {
        const passing = seen.map(({ atMs, state }) => ({
          atMs,
          state: state === 'broken' ? ('unhealthy' as const) : state,
        }));
        const { end, atMs } = run(passing, changes);
        if (end?.decision === 'roll-back' || end?.decision === 'stay') {
          expect(atMs).to.be.at.least(terms.untilMs);
        }
        if (end?.decision === 'roll-back') expect(changes.canRollBack).to.equal(true);
      }),
    );
  });
});
