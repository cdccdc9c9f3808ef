import { expect } from 'chai';
import { findRevision } from '../../../core/revision/find-revision.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const kept = [
  { lineage: 'local:node-0', number: 2, digest: digest('b') },
  { lineage: 'local:node-0', number: 1, digest: digest('a') },
  { lineage: 'juju:agent', number: 1, digest: digest('c') },
];

describe('the revision that a person means', () => {
  const rows: readonly [string, number | string][] = [
    ['2', 0],
    ['#2', 0],
    ['local:node-0#1', 1],
    ['aaaaaaa', 1],
    ['sha256:ccccccccc', 2],
    ['1', 'it may be local:node-0#1 or juju:agent#1'],
    ['3', 'this node keeps no such revision'],
    ['aaaaaa', 'this node keeps no such revision'],
    ['', 'this node keeps no such revision'],
  ];
  for (const [text, expected] of rows) {
    it(`"${text}": ${typeof expected === 'number' ? 'found' : expected}`, () => {
      const found = findRevision(text, kept);
      if (typeof expected === 'string') expect(found).to.deep.equal({ ok: false, why: expected });
      else expect(found).to.deep.equal({ ok: true, revision: kept[expected] });
    });
  }
});
