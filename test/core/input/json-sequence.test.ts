import { expect } from 'chai';
import fc from 'fast-check';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonSequence } from '../../../core/input/json-sequence.ts';

describe('JSON values in sequence', () => {
  it('are read with anything between them', () => {
    const values = fc.array(fc.oneof(fc.object(), fc.array(fc.string())), { minLength: 1 });
    const space = fc.constantFrom('', ' ', '\n', '\r\n\t');
    fc.assert(
      fc.property(values, space, (all, between) => {
        const text = all.map((one) => JSON.stringify(one)).join(between) + between;
        expect(jsonSequence(`\uFEFF${text}`, jsonBounds.machine)).to.deep.equal(
          all.map((one): unknown => JSON.parse(JSON.stringify(one))),
        );
      }),
    );
  });

  it('are not found in any other text', () => {
    for (const text of ['', 'a: 1', '{"a": 1} x', '{"a": 1}, {"b": 2}', '{"a": 1', '[}', '1 2']) {
      expect(jsonSequence(text, jsonBounds.machine), text).to.equal(undefined);
    }
  });

  it('are none beyond their common bounds', () => {
    const bounds = { ...jsonBounds.machine, maxValues: 10 };
    expect(jsonSequence('[1]'.repeat(10), bounds)).to.have.lengthOf(10);
    expect(jsonSequence('[1]'.repeat(11), bounds)).to.equal(undefined);
    expect(jsonSequence('[1][1]', { ...bounds, maxBytes: 5 })).to.equal(undefined);
  });
});
