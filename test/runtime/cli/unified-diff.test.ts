import { expect } from 'chai';
import { unifiedDiff } from '../../../runtime/cli/unified-diff.ts';

const diff = (before: string, after: string): string =>
  unifiedDiff({ name: 'a#1', text: before }, { name: 'a#2', text: after });

describe('the difference between two texts', () => {
  it('is empty when they are the same', () => {
    expect(diff('a: 1\n', 'a: 1\n')).to.equal('');
  });

  it('has the form of diff -u', () => {
    expect(diff('a: 1\nb: 2\n', 'a: 1\nb: 3\n')).to.equal(
      '--- a#1\n+++ a#2\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n',
    );
  });

  it('is not searched without end', () => {
    const lines = (prefix: string): string =>
      Array.from({ length: 30_000 }, (_unused, index) => `${prefix}${index}`).join('\n');
    expect(diff(lines('a'), lines('b'))).to.contain('too little in common');
  });
});
