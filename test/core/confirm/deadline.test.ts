import { expect } from 'chai';
import fc from 'fast-check';
import { deadlineIn, isOfThisBoot, msLeft } from '../../../core/confirm/deadline.ts';

const now = { bootId: 'a', ms: 5000 };

describe('a deadline by the clock of the kernel', () => {
  it('continues while the agent does not run', () => {
    const deadline = deadlineIn(now, 30);
    expect(msLeft(deadline, now, 30)).to.equal(30_000);
    expect(msLeft(deadline, { bootId: 'a', ms: 25_000 }, 30)).to.equal(10_000);
    expect(msLeft(deadline, { bootId: 'a', ms: 99_000 }, 30)).to.equal(0);
  });

  it('has passed after another boot', () => {
    const deadline = deadlineIn(now, 30);
    expect(msLeft(deadline, { bootId: 'b', ms: 0 }, 30)).to.equal(0);
    expect(isOfThisBoot(deadline, { bootId: 'b', ms: 0 })).to.equal(false);
  });

  it('never has more time left than it was given, whatever a file says', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e15, noNaN: true }), fc.nat(), (atMs, ms) => {
        const left = msLeft({ bootId: 'a', atMs }, { bootId: 'a', ms }, 30);
        expect(left).to.be.within(0, 30_000);
      }),
    );
  });
});
