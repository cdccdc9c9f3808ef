import { expect } from 'chai';
import * as fc from 'fast-check';
import { backoff, nextDelay } from '../../../core/protocol/backoff.ts';

const limits = { baseMs: 500, capMs: 30_000 };

describe('backoff', () => {
  const cases: readonly [attempt: number, random: number, delayMs: number][] = [
    [0, 0, 0],
    [0, 0.5, 250],
    [3, 0.5, 2000],
    [6, 0.5, 15_000],
    [6, 0.25, 7500],
    [2000, 0.5, 15_000],
  ];
  for (const [attempt, random, delayMs] of cases) {
    it(`waits ${String(delayMs)} ms at attempt ${String(attempt)} with chance ${String(random)}`, () => {
      expect(backoff(attempt, limits, random)).to.equal(delayMs);
    });
  }

  it('spreads clients at the cap over the whole of it', () => {
    expect(backoff(50, limits, 0.1)).to.equal(3000);
    expect(backoff(50, limits, 0.9)).to.equal(27_000);
  });

  it('never waits less than a Retry-After asks for, nor longer than the cap on top of it', () => {
    fc.assert(
      fc.property(
        fc.nat(3000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat(3_600_000),
        (attempt, random, retryAfterMs) => {
          const delay = nextDelay({ attempt, limits, random, retryAfterMs });
          expect(delay).to.be.at.least(retryAfterMs);
          expect(delay).to.be.at.most(retryAfterMs + limits.capMs);
        },
      ),
    );
  });
});
