import { expect } from 'chai';
import fc from 'fast-check';
import { jsonTexts, joinPieces, splitValue, type Piece } from '../../../runtime/pacing/pieces.ts';

function throughPieces(value: unknown): unknown {
  const joining = joinPieces();
  for (const piece of splitValue(value)) {
    const received: Piece = JSON.parse(JSON.stringify(piece));
    joining.add(received);
  }
  return joining.value();
}

/** Larger than a piece, so that lists and objects are taken apart. */
const large = fc
  .tuple(fc.jsonValue(), fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 1200 }))
  .map(([value, list, count]) => ({
    value,
    list: [list, Array.from({ length: count }, (_one, index) => ({ index }))],
    object: Object.fromEntries(Array.from({ length: count }, (_one, index) => [`k${index}`, list])),
  }));

describe('a value in pieces', () => {
  it('is the same value when it is joined', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), large), (value) => {
        expect(throughPieces(value)).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 20 },
    );
  });

  it('is the text that JSON.stringify gives, part by part', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), large), (value) => {
        expect([...jsonTexts(value)].join('')).to.equal(JSON.stringify(value));
      }),
      { numRuns: 20 },
    );
  });

  it('leaves members without a value out, as JSON does', () => {
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_one, index) => [index, index]));
    expect(throughPieces({ ...many, gone: undefined })).to.deep.equal(many);
    expect(throughPieces({ gone: undefined })).to.deep.equal({});
  });

  it('has many pieces when it is large, each of them small', () => {
    const value = { list: Array.from({ length: 20_000 }, (_one, index) => ({ index, text: 'x' })) };
    const sizes = [...splitValue(value)].map((piece) => JSON.stringify(piece).length);
    expect(sizes.length).to.be.greaterThan(40);
    expect(Math.max(...sizes)).to.be.lessThan(32 * 1024);
  });
});
