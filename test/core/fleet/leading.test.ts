import { expect } from 'chai';
import fc from 'fast-check';
import { leading } from '../../../core/fleet/leading.ts';

describe('the first items of an order', () => {
  it('are those that sorting all of them would give, and all are counted', () => {
    const items = fc.array(fc.nat(20));
    fc.assert(
      fc.property(items, fc.integer({ min: 1, max: 8 }), (all, most) => {
        const some = leading(most, (one: number, other: number) => one - other);
        for (const one of all) some.add(one);
        const sorted = all.toSorted((one, other) => one - other);
        expect(some.first).to.deep.equal(sorted.slice(0, most));
        expect(some.count).to.equal(all.length);
      }),
    );
  });
});
