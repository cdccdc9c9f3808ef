import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import type { NodeAddress, NodeFacts } from '../../../core/facts/facts.ts';
import { factsFromInput, factsToInput, isInputOf } from '../../../core/facts/from-input.ts';
import type { NodeFactsInput } from '../../../schemas/generated/node-facts.ts';
import { isNodeFacts } from '../../../schemas/generated/node-facts.validator.js';

describe('facts as they are written', () => {
  it('take the fallback name when they have none', () => {
    expect(factsFromInput({}, 'host-1').facts).to.deep.equal({
      name: 'host-1',
      units: [],
      addresses: [],
      labels: {},
    });
    expect(factsFromInput({ name: 'node-1' }, 'host-1').facts.name).to.equal('node-1');
  });

  it('have the name in lower case, as Calico has it, and say so', () => {
    const { facts, issues } = factsFromInput({ name: 'Node-2' }, 'host-1');
    expect(facts.name).to.equal('node-2');
    expect(issues.map(({ severity, code, pointer }) => [severity, code, pointer])).to.deep.equal([
      ['warning', 'node-name-capitals', '/name'],
    ]);
  });

  it('report the place of a bad address, and keep the good one', () => {
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
        expect(isInputOf(facts, input)).to.equal(true);
      }),
    );
  });

  it('are compared with an input as if it were read', () => {
    fc.assert(
      fc.property(anyFacts, anyFacts, (facts, others) => {
        const input = factsToInput(others);
        const read = factsFromInput({ ...input, name: facts.name }, facts.name);
        expect(isInputOf(facts, input)).to.equal(isDeepStrictEqual(read.facts, facts));
      }),
    );
  });

  it('are not those of an input that lacks a label or has another one', () => {
    const facts = (labels: Record<string, string>): NodeFacts => ({
      ...{ name: 'n', units: [], addresses: [] },
      labels,
    });
    expect(isInputOf(facts({ rack: '1' }), {})).to.equal(false);
    expect(isInputOf(facts({}), { labels: { rack: '1' } })).to.equal(false);
    expect(isInputOf(facts({ rack: '1' }), { labels: { row: '1' } })).to.equal(false);
  });

  describe('with all fields', () => {
    const whole: Required<Omit<NodeFactsInput, 'name' | 'unit'>> = {
      units: ['calico/0', 'calico/1'],
      addresses: ['10.0.0.2/24', 'fd00::2/64'],
      labels: { rack: 'r1', row: '1' },
      leader: true,
      platform: 'microk8s',
    };
    const { facts } = factsFromInput(whole, 'n');
    /** Lists as long as those of the facts. */
    const others: typeof whole = {
      units: ['calico/0', 'calico/2'],
      addresses: ['10.0.0.2/24', 'fd00::3/64'],
      labels: { rack: 'r2', row: '1' },
      leader: false,
      platform: 'other',
    };
    const shorter = { units: ['calico/0'], addresses: ['10.0.0.2/24'], labels: { rack: 'r1' } };
    const longer = {
      units: [...whole.units, 'calico/2'],
      addresses: [...whole.addresses, 'fd00::3/64'],
      labels: { ...whole.labels, zone: 'z' },
    };

    it('are those of their input', () => {
      expect(isInputOf(facts, whole)).to.equal(true);
    });
    for (const [field, value] of [others, shorter, longer].flatMap((one) => Object.entries(one))) {
      it(`are not those of an input with ${field} ${JSON.stringify(value)}`, () => {
        expect(isInputOf(facts, { ...whole, [field]: value })).to.equal(false);
      });
    }
    for (const field of Object.keys(whole)) {
      it(`are not those of an input without ${field}`, () => {
        const rest = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== field));
        expect(isInputOf(facts, rest)).to.equal(false);
      });
    }
  });

  it('are not those of an input with the older field of one unit', () => {
    const facts = { name: 'n', units: [], addresses: [], labels: {} };
    expect(isInputOf(facts, { unit: 'calico/0' })).to.equal(false);
  });
});

const anyAddress = (family: 4 | 6): fc.Arbitrary<NodeAddress> =>
  fc.record(
    {
      family: fc.constant(family),
      address: fc
        .integer({ min: 1, max: 254 })
        .map((last) => (family === 4 ? `10.0.0.${String(last)}` : `fd00::${last.toString(16)}`)),
      prefixLength: fc.constant(family === 4 ? 24 : 64),
    },
    { requiredKeys: ['family', 'address'] },
  );

const anyFacts: fc.Arbitrary<NodeFacts> = fc.record(
  {
    name: fc.constantFrom('node-0', 'node.example.org', 'n'),
    units: fc.uniqueArray(fc.nat(50).map((number) => `calico/${String(number)}`)),
    addresses: fc.oneof(
      fc.constant([]),
      fc.tuple(anyAddress(4)),
      fc.tuple(anyAddress(6)),
      fc.tuple(anyAddress(4), anyAddress(6)),
    ),
    labels: fc.dictionary(fc.constantFrom('rack', 'a.b/c', '__proto__'), fc.string(), {
      noNullPrototype: true,
    }),
    leader: fc.boolean(),
    platform: fc.constantFrom('microk8s', 'other'),
  },
  { requiredKeys: ['name', 'units', 'addresses', 'labels'], noNullPrototype: true },
);
