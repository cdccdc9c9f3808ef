import { expect } from 'chai';
import fc from 'fast-check';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import { factsFromInput, factsToInput } from '../../../core/facts/from-input.ts';
import { isNodeFacts } from '../../../schemas/generated/node-facts.validator.js';

describe('facts as they are written', () => {
  it('take the fallback name where they have none', () => {
    expect(factsFromInput({}, 'host-1').facts).to.deep.equal({
      name: 'host-1',
      units: [],
      addresses: [],
      labels: {},
    });
    expect(factsFromInput({ name: 'node-1' }, 'host-1').facts.name).to.equal('node-1');
  });

  it('say where a bad address stands, and keep the good one', () => {
    const { facts, issues } = factsFromInput({ addresses: ['10.0.0.256/24', 'fd00::2/64'] }, 'a');
    expect(issues.map(({ code, pointer }) => [code, pointer])).to.deep.equal([
      ['bad-address', '/addresses/0'],
    ]);
    expect(facts.addresses).to.deep.equal([{ family: 6, address: 'fd00::2', prefixLength: 64 }]);
  });

  it('are the same after being written and read again', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const input = factsToInput(facts);
        expect(isNodeFacts(input)).to.equal(true);
        expect(factsFromInput(input, 'other')).to.deep.equal({ facts, issues: [] });
      }),
    );
  });
});

const anyFacts: fc.Arbitrary<NodeFacts> = fc
  .record({
    name: fc.constantFrom('node-0', 'Node.Example.org', 'n'),
    units: fc.uniqueArray(fc.nat(50).map((number) => `calico/${String(number)}`)),
    v4: fc.option(fc.integer({ min: 1, max: 254 })),
    v6: fc.option(fc.integer({ min: 1, max: 0xffff })),
    prefixed: fc.boolean(),
    labels: fc.dictionary(fc.constantFrom('rack', 'a.b/c', '__proto__'), fc.string()),
    leader: fc.option(fc.boolean()),
  })
  .map(({ name, units, v4, v6, prefixed, labels, leader }): NodeFacts => {
    const length = (bits: number): object => (prefixed ? { prefixLength: bits } : {});
    return {
      name,
      units,
      addresses: [
        ...(v4 === null
          ? []
          : [{ family: 4 as const, address: `10.0.0.${String(v4)}`, ...length(24) }]),
        ...(v6 === null
          ? []
          : [{ family: 6 as const, address: `fd00::${v6.toString(16)}`, ...length(64) }]),
      ],
      labels: Object.fromEntries(Object.entries(labels)),
      ...(leader === null ? {} : { leader }),
    };
  });
