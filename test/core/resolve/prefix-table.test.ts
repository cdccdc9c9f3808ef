import { expect } from 'chai';
import fc from 'fast-check';
import { contains, networkOf, type Address } from '../../../core/config/net/address.ts';
import { prefixTable } from '../../../core/resolve/prefix-table.ts';

const address: fc.Arbitrary<Address> = fc.oneof(
  // Few distinct addresses, so that many lie in each other's networks.
  fc
    .tuple(fc.constantFrom(10, 172), fc.nat(3), fc.nat(3), fc.nat(255))
    .map((parts) => ({ family: 4, address: parts.join('.') }) as const),
  fc
    .tuple(fc.constantFrom('fd00', '2001'), fc.nat(3), fc.integer({ min: 1, max: 9 }))
    .map(([a, b, c]) => ({ family: 6, address: `${a}:${b === 0 ? 5 : b}::${c}` }) as const),
);
const network = fc
  .tuple(address, fc.nat(128))
  .map(([base, length]) => networkOf(base, base.family === 4 ? length % 33 : length));

describe('a prefix table', () => {
  it('finds the same as a scan of all networks, the longest first', () => {
    fc.assert(
      fc.property(fc.array(network), address, (networks, wanted) => {
        const table = prefixTable(networks.map((one, index) => ({ network: one, value: index })));
        const found = table.matches(wanted);
        const scanned = networks.flatMap((one, index) => (contains(one, wanted) ? [index] : []));
        expect(found.flatMap(({ values }) => values)).to.have.members(scanned);
        const lengths = found.map(({ prefixLength }) => prefixLength);
        expect(lengths).to.deep.equal(lengths.toSorted((one, other) => other - one));
        for (const { prefixLength, values } of found) {
          for (const index of values) expect(networks[index]?.prefixLength).to.equal(prefixLength);
        }
      }),
    );
  });

  it('finds a /0 and a host network', () => {
    const zero = networkOf({ family: 4, address: '0.0.0.0' }, 0);
    const host = networkOf({ family: 4, address: '10.0.0.1' }, 32);
    const table = prefixTable([zero, host].map((one) => ({ network: one, value: one.cidr })));
    expect(table.matches({ family: 4, address: '10.0.0.1' })).to.deep.equal([
      { prefixLength: 32, values: ['10.0.0.1/32'] },
      { prefixLength: 0, values: ['0.0.0.0/0'] },
    ]);
    expect(table.matches({ family: 6, address: '::2' })).to.deep.equal([]);
  });
});
