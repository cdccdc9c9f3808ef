import { expect } from 'chai';
import { Parser } from 'yaml';
import { composeDocuments } from '../../../../core/config/yaml/yaml-composer.ts';

describe('composing a text full of faults', () => {
  it('ends at the first few: the library calls the replacement of its own property', () => {
    const text = `[${','.repeat(1000)}]`;
    const tokens = [...new Parser().parse(text)];
    const all = composeDocuments(tokens, text.length, 10_000);
    expect(all.faults).to.have.length.greaterThan(900);
    const few = composeDocuments(tokens, text.length, 3);
    expect(few.faults).to.have.length.within(3, 5);
    expect(few.contents).to.deep.equal([]);
  });
});
