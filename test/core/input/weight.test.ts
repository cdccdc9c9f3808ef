import { expect } from 'chai';
import { bytesOf, freeNameBytes, weighSharing, weightOf } from '../../../core/input/weight.ts';

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

  it('counts more for each label beyond the eighth where a stranger may choose their names', () => {
    const labels = (count: number): object => ({
      labels: Object.fromEntries(Array.from({ length: count }, (_one, at) => [`l${at}`, ''])),
    });
    const bytes = (count: number): number => weightOf(labels(count), all, freeNameBytes).bytes;
    expect(bytes(8)).to.equal(weightOf(labels(8), all).bytes);
    // The measured 130 to 150 bytes of a label, with its text.
    expect((bytes(1008) - bytes(8)) / 1000).to.be.within(150, 170);
    const shared = weighSharing(labels(100), labels(100), all).next();
    expect(shared.value?.bytes).to.be.within(1.9 * bytes(100), 2 * bytes(100));
  });

  it('counts more for each mapping beyond the eighth, at any depth', () => {
    const named = (names: number, at: number): object =>
      Object.fromEntries(Array.from({ length: names }, (_one, index) => [`k${at}-${index}`, '']));
    const list = (count: number, names: number): object => ({
      spec: { list: Array.from({ length: count }, (_one, at) => named(names, at)) },
    });
    const bytes = (data: object): number => weightOf(data, all, freeNameBytes).bytes;
    // The object itself, its spec and six mappings in a list.
    expect(bytes(list(6, 4))).to.equal(weightOf(list(6, 4), all).bytes);
    // Measured: what V8 holds for one mapping with so many names of its own, and its texts.
    for (const [names, held] of [
      [1, 191],
      [4, 383],
      [8, 639],
    ] as const) {
      const each = (bytes(list(1006, names)) - bytes(list(6, names))) / 1000;
      expect(each, `${names} names`).to.be.within(held, 1.25 * held);
    }
    let within: object = {};
    for (let depth = 0; depth < 1000; depth += 1) within = { [`d${depth}`]: within };
    expect(bytes(within) / 1000).to.be.within(178, 1.25 * 178);
  });

  it('stops soon after the most members', () => {
    const many = Array.from({ length: 1000 }, () => [1, 2, 3]);
    expect(weightOf(many, 10).members).to.equal(1000);
    expect(weightOf(many, all).members).to.equal(4000);
  });
});
