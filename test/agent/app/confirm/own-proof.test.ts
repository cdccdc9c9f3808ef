import { expect } from 'chai';
import { createOwnProof } from '../../../../agent/app/confirm/own-proof.ts';
import type { Health } from '../../../../core/confirm/health.ts';
import { createManualClock } from '../../../support/clocks/manual-clock.ts';

const revision = { lineage: 'local:a', number: 2, digest: `sha256:${'2'.repeat(64)}` };
const change = { revision, seconds: 30 };
const healthy: Health = { state: 'healthy', reasons: [], sessions: 'read' };
const unhealthy: Health = { state: 'unhealthy', reasons: ['no session'], sessions: 'read' };

describe('the health that a node reports to the others', () => {
  it('is unhealthy once more is wrong than sessions that are being re-established', () => {
    const clock = createManualClock();
    const proof = createOwnProof(clock);
    proof.observed(change, unhealthy);
    expect(proof.of(revision)).to.deep.equal({});
    clock.advance(6000);
    proof.observed(change, unhealthy);
    expect(proof.of(revision)).to.deep.equal({ unhealthy: 'no session' });
    proof.observed(change, healthy);
    expect(proof.of(revision)).to.deep.equal({});
  });

  it('is proven even while the change is not confirmed', () => {
    const clock = createManualClock();
    const proof = createOwnProof(clock);
    proof.observed(change, healthy);
    clock.advance(6000);
    proof.observed(change, healthy);
    expect(proof.of(revision)).to.deep.equal({});
    clock.advance(6000);
    proof.observed(change, healthy);
    expect(proof.of(revision)).to.deep.equal({ isProven: true });
    expect(proof.of({ ...revision, number: 3 })).to.deep.equal({});
    proof.forget();
    expect(proof.of(revision)).to.deep.equal({});
  });

  it('is not proven while a BIRD does not answer, and is where there is none', () => {
    for (const sessions of ['unread', 'none'] as const) {
      const clock = createManualClock();
      const proof = createOwnProof(clock);
      for (const ms of [0, 6000, 6000]) {
        clock.advance(ms);
        proof.observed(change, { ...healthy, sessions });
      }
      const expected = sessions === 'none' ? { isProven: true } : {};
      expect(proof.of(revision), sessions).to.deep.equal(expected);
    }
  });
});
