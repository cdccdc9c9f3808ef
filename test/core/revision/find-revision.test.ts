import { expect } from 'chai';
import { findRevision } from '../../../core/revision/find-revision.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const kept = [
  { lineage: 'local:node-0', number: 2, digest: digest('b') },
  { lineage: 'local:node-0', number: 1, digest: digest('a') },
  { lineage: 'juju:agent', number: 1, digest: digest('c') },
];

const none = 'this node keeps no such revision; calico-agent history lists those that it keeps';
const noName =
  'a revision is named by its number, by lineage and number (local:node-0#4), or by 7 or more digits of its digest';

describe('the revision that a person names', () => {
  const rows: readonly [string, number | string][] = [
    ['2', 0],
    ['#2', 0],
    ['local:node-0#1', 1],
    ['aaaaaaa', 1],
    ['sha256:ccccccccc', 2],
    ['1', 'more than one revision has this name; say local:node-0#1 or juju:agent#1'],
    ['3', none],
    ['local:node-0#3', none],
    ['ddddddd', none],
    ['aaaaaa', noName],
    ['local:node-0', noName],
    ['newest', noName],
    ['', noName],
  ];
  for (const [text, expected] of rows) {
    it(`"${text}": ${typeof expected === 'number' ? 'found' : expected}`, () => {
      const found = findRevision(text, kept);
      if (typeof expected === 'string') expect(found).to.deep.equal({ ok: false, why: expected });
      else expect(found).to.deep.equal({ ok: true, revision: kept[expected] });
    });
  }
});
