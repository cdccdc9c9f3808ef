import { expect } from 'chai';
import fc from 'fast-check';
import { addressOf, bitsOf } from '../../../../core/config/net/address.ts';
import { cidrsOf, rangeOf } from '../../../../core/config/net/address-range.ts';

const range = fc
  .tuple(fc.constantFrom(4 as const, 6 as const), fc.nat(5000), fc.nat(3000))
  .map(([family, first, size]) => {
    const base = family === 4 ? bitsOf('10.0.0.0') : bitsOf('fd00::');
    const [from, to] = [base + BigInt(first), base + BigInt(first + size)];
    return { family, first: addressOf(from, family), last: addressOf(to, family) };
  });

const ends = ({ first, last }: { first: string; last: string }): [bigint, bigint] => [
  bitsOf(first),
  bitsOf(last),
];

describe('the networks of ranges', () => {
  it('are exactly their addresses, each once', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 5 }), (ranges) => {
        const count = (family: 4 | 6): number => {
          const all = new Set<bigint>();
          for (const one of ranges.filter((each) => each.family === family)) {
            const [from, to] = ends(one);
            for (let bits = from; bits <= to; bits += 1n) all.add(bits);
          }
          return all.size;
        };
        const networks = cidrsOf(ranges);
        for (const family of [4, 6] as const) {
          const sizes = networks
            .filter((network) => network.family === family)
            .map((network) => ends(rangeOf(network)))
            .map(([from, to]) => Number(to - from) + 1);
          expect(sizes.reduce((sum, size) => sum + size, 0)).to.equal(count(family));
        }
        for (const network of networks) {
          const [from, to] = ends(rangeOf(network));
          for (const bits of [from, to]) {
            const isIn = ranges.some((one) => {
              const [low, high] = ends(one);
              return one.family === network.family && low <= bits && bits <= high;
            });
            expect(isIn).to.equal(true);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('are one for the whole of each family', () => {
    const all = {
      family: 6 as const,
      first: '::',
      last: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    };
    expect(cidrsOf([all]).map(({ cidr }) => cidr)).to.deep.equal(['::/0']);
  });
});
