import { expect } from 'chai';
import { isStoredAlike } from '../../../../controller/app/nodes/read-hello.ts';
import { factsFromInput } from '../../../../core/facts/from-input.ts';
import { statusOf } from '../../../core/protocol/sample.ts';

type Kept = Required<Parameters<typeof isStoredAlike>[1]>;
type Known = Omit<Kept, 'status'>;

const facts = (rack: string): Kept['facts'] => factsFromInput({ labels: { rack } }, 'node-0').facts;
const certificateUntil = '2026-01-02T00:00:00.000Z';

const base: Known = {
  name: 'node-0',
  facts: facts('r1'),
  factsBytes: 100,
  agentVersion: '1.0.0',
  lastSeenAt: '2026-01-01T00:00:00.000Z',
  address: '10.0.0.9',
  identity: { by: 'certificate', certificateUntil },
  knowsDecisions: true,
  knowsClusterShare: true,
};

/** With each of these the node is stored as another one. */
const others: { readonly [Field in keyof Known]: readonly Known[Field][] } = {
  name: ['node-1'],
  facts: [facts('r2')],
  factsBytes: [101],
  agentVersion: ['1.0.1'],
  lastSeenAt: ['2026-01-01T01:00:00.000Z'],
  address: ['10.0.0.10', undefined],
  identity: [
    { by: 'certificate', certificateUntil: '2026-02-01T00:00:00.000Z' },
    { by: 'certificate' },
    { by: 'shared-token', certificateUntil },
    undefined,
  ],
  knowsDecisions: [false],
  knowsClusterShare: [false],
};

describe('a node as it is stored', () => {
  it('is written again when it is not stored', () => {
    expect(isStoredAlike(undefined, base)).to.equal(false);
  });

  it('is not written again for what is not stored', () => {
    const long = '1'.repeat(64);
    const one = { ...base, facts: facts('r1'), address: `${long}2` };
    expect(isStoredAlike(one, { ...one, address: `${long}3` })).to.equal(true);
    expect(isStoredAlike(one, { ...one, facts: facts('r1') })).to.equal(true);
  });

  for (const [field, values] of Object.entries(others)) {
    for (const value of values) {
      const shown = value === undefined ? 'none' : JSON.stringify(value);
      it(`is written again with another value of ${field}: ${shown}`, () => {
        const other = { ...base, [field]: value };
        expect(isStoredAlike(base, other)).to.equal(false);
        expect(isStoredAlike(other, base)).to.equal(false);
      });
    }
  }

  it('is written again when its agent reports a renewed certificate', () => {
    const certificate = {
      validFrom: '2026-01-01T00:00:00.000Z',
      validUntil: '2026-02-01T00:00:00.000Z',
    };
    const renewed = { ...base, status: { ...statusOf(), certificate } };
    expect(isStoredAlike(base, renewed)).to.equal(false);
  });
});
