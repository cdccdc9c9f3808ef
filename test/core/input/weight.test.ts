import { expect } from 'chai';
import { bytesOf, weightOf } from '../../../core/input/weight.ts';

describe('the weight of plain data', () => {
  const all = Number.POSITIVE_INFINITY;

  it('counts the members at any depth, and their texts', () => {
    expect(weightOf({ ab: ['cde', { f: 1 }] }, all)).to.deep.equal({
      members: 4,
      bytes: 4 * 32 + 'ab'.length + 'cde'.length + 'f'.length,
    });
    expect(weightOf('text', all)).to.deep.equal({ members: 0, bytes: 4 });
    expect(weightOf(null, all)).to.deep.equal({ members: 0, bytes: 0 });
  });

  it('counts two bytes for each character of a text that has one outside of Latin-1', () => {
    expect(bytesOf('Zürich')).to.equal(6);
    expect(bytesOf('Zürich 中')).to.equal(16);
  });

  it('stops soon after the most members', () => {
    const many = Array.from({ length: 1000 }, () => [1, 2, 3]);
    expect(weightOf(many, 10).members).to.equal(1000);
    expect(weightOf(many, all).members).to.equal(4000);
  });
});
