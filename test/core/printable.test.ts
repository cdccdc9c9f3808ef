import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';
import { formatIssue } from '../../core/issue-text.ts';
import { isPrintable, printable, printableData } from '../../core/printable.ts';
import { yamlText } from '../../core/yaml-text.ts';

const hostile = ['\u001b[2J', '\u0007', '\u009b31m', '\u202e', '\u2066', '\u2028', '\u200b', '\r'];

describe('text from outside', () => {
  it('is one line without anything that a terminal acts upon', () => {
    for (const text of [...hostile, 'a\nb']) {
      expect(isPrintable(text), JSON.stringify(text)).to.equal(false);
      expect(isPrintable(printable(`x${text}y`))).to.equal(true);
    }
    expect(printable('Zürich, 東京')).to.equal('Zürich, 東京');
  });

  it('is safe at any place of an answer, keys too', () => {
    const answer = { 'a\u001b': ['\u0007', { b: 'c\nd', n: 1, t: true, z: null }] };
    expect(printableData(answer)).to.deep.equal({
      'a\\u001b': ['\\u0007', { b: 'c\\u000ad', n: 1, t: true, z: null }],
    });
  });

  it('is safe in an issue, with any name of its document and file', () => {
    const text = formatIssue(
      {
        severity: 'error',
        code: 'unknown-key',
        pointer: '/\u001b',
        message: 'unknown key "\u001b[31m\nforged: line"',
        hint: 'a\u009b',
        node: 'n\n',
      },
      'con\u001bfig.yaml',
    );
    expect(text.split('\n')).to.have.length(2);
    expect(isPrintable(text.replaceAll('\n', ''))).to.equal(true);
  });

  it('is the same after it was written as YAML, and printable there', () => {
    const part = fc.oneof(fc.constantFrom(...hostile, '\n', 'a', ' ', "'", '"', '#'), fc.string());
    const texts = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''));
    const wellFormed = texts.filter((text) => !/\p{Cs}/u.test(text));
    fc.assert(
      fc.property(wellFormed, wellFormed, (key, value) => {
        const document = { list: [value], map: { [`k${key}`]: value } };
        const text = yamlText(document);
        expect(isPrintable(text.replaceAll('\n', ''))).to.equal(true);
        expect(parse(text)).to.deep.equal(document);
      }),
      { numRuns: 500 },
    );
  });
});
