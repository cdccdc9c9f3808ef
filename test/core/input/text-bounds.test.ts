/** Every bound of every kind of text: a text just below is accepted, one just above is refused. */
import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { locateAll } from '../../../core/config/yaml/located-yaml.ts';
import { birdBounds, jsonBounds, textBounds, type TextBounds } from '../../../core/input/bounds.ts';

const small: TextBounds = {
  what: 'a test',
  maxBytes: 100_000,
  maxDepth: 5,
  maxValues: 100,
  maxKeyLength: 20,
  maxExpanded: 3000,
  maxTokens: 1000,
  maxDocuments: 3,
};

type Bound = Exclude<keyof TextBounds, 'what'>;

/** A text that uses this much of one bound and little of the others. */
const texts: Readonly<Record<Bound, (amount: number) => string>> = {
  maxBytes: (amount) => `#${'é'.repeat((amount - 3) >> 1)}${'x'.repeat((amount - 3) & 1)}\n1`,
  maxDepth: (amount) => '['.repeat(amount) + ']'.repeat(amount),
  maxValues: (amount) => `[${Array.from({ length: amount - 1 }, () => '1').join(',')}]`,
  maxKeyLength: (amount) => `${'k'.repeat(amount)}: 1`,
  // The pointer /a and the text, and again for /b.
  maxExpanded: (amount) => `{a: &a ${'x'.repeat(amount - 4 - (amount >> 1))}, b: *a}`,
  maxTokens: (amount) => `# a\n`.repeat((amount - 4) / 2) + 'a: 1',
  maxDocuments: (amount) => Array.from({ length: amount }, () => '1\n').join('---\n'),
};

const codes: Readonly<Record<Bound, string>> = {
  maxBytes: 'too-large',
  maxDepth: 'yaml-too-deep',
  maxValues: 'too-large',
  maxKeyLength: 'too-long',
  maxExpanded: 'yaml-aliases',
  maxTokens: 'too-large',
  maxDocuments: 'yaml-several-documents',
};

const bounds = Object.keys(texts).filter((name): name is Bound => name in codes);

function codeOf(text: string, limits: TextBounds): string {
  const located = locateAll(text, limits);
  if (located.ok) return 'taken';
  const [issue] = located.issues;
  expect(issue?.severity).to.equal('error');
  return issue?.code ?? '';
}

describe('the bounds of a text', () => {
  for (const bound of bounds) {
    it(`refuse a text beyond ${bound}, and none before`, () => {
      const step = bound === 'maxExpanded' || bound === 'maxTokens' ? 12 : 1;
      const most = small[bound];
      expect(codeOf(texts[bound](most - (step === 1 ? 0 : step)), small)).to.equal('taken');
      expect(codeOf(texts[bound](most + step), small)).to.equal(codes[bound]);
    });
  }

  const cheap: readonly Bound[] = ['maxBytes', 'maxDepth', 'maxKeyLength', 'maxDocuments'];
  for (const [kind, limits] of Object.entries(textBounds)) {
    it(`are those of the table for ${kind}`, () => {
      for (const bound of cheap) {
        expect(codeOf(texts[bound](limits[bound]), limits), bound).to.equal('taken');
        expect(codeOf(texts[bound](limits[bound] + 1), limits), bound).to.equal(codes[bound]);
      }
    });
  }

  it('stand in docs/limits.md unchanged', async () => {
    const docs = await readFile(new URL('../../../docs/limits.md', import.meta.url), 'utf8');
    const table = docs.replaceAll(/ +\|/g, ' |');
    const number = (value: number): string => value.toLocaleString('en-US');
    for (const row of Object.values(textBounds)) {
      const cells = [row.maxBytes, row.maxDepth, row.maxValues, row.maxKeyLength, row.maxExpanded];
      const more = [row.maxTokens, row.maxDocuments];
      expect(table).to.include(`| ${[row.what, ...[...cells, ...more].map(number)].join(' | ')} |`);
    }
    for (const row of Object.values(jsonBounds)) {
      const cells = [row.maxBytes, row.maxDepth, row.maxValues].map(number);
      expect(table).to.include(`| ${[row.what, ...cells].join(' | ')} |`);
    }
    const { what, maxBytes, maxLines, maxLineLength } = birdBounds;
    const lines = [maxBytes, maxLines, maxLineLength].map(number);
    expect(table).to.include(`| ${[what, ...lines].join(' | ')} |`);
  });
});
