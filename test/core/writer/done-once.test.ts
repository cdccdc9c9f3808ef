import { expect } from 'chai';
import {
  doneAfter,
  isOfCluster,
  withSeen,
  type AskedOnce,
} from '../../../core/writer/done-once.ts';

const asked = (state: AskedOnce['state'], ...digests: readonly string[]): readonly AskedOnce[] =>
  digests.map((digest) => ({ digest, state }));

describe('what is done once for the cluster', () => {
  it('counts on all nodes, and the steps of one node do not', () => {
    expect(
      ['early-a', 'late-b', 'once-c', 'before-d', 'after-e'].filter(isOfCluster),
    ).to.deep.equal(['early-a', 'late-b', 'once-c']);
  });

  it('stays as long as a change asks for it', () => {
    const done = ['early-a', 'late-b', 'once-c'];
    expect(doneAfter(done, asked('unseen', 'early-a', 'late-b'))).to.equal(done);
    expect(doneAfter(done, asked('done', 'early-a', 'late-b'))).to.equal(done);
  });

  it('is forgotten at both places of the cluster when a change asks for other settings', () => {
    const done = ['early-a', 'late-b', 'once-c'];
    expect(doneAfter(done, asked('unseen', 'late-x'))).to.deep.equal(['once-c']);
    expect(doneAfter(done, asked('unseen', 'once-y'))).to.deep.equal(['early-a', 'late-b']);
    expect(doneAfter(done, asked('done', 'early-a', 'late-x'))).to.deep.equal([
      'early-a',
      'once-c',
      'late-x',
    ]);
  });

  it('is forgotten where an agent saw that it is not so any more', () => {
    expect(doneAfter(['early-a', 'late-b'], asked('open', 'early-a'))).to.deep.equal([]);
  });

  it('is only added to by an agent that did not write last', () => {
    const done = ['early-a'];
    expect(withSeen(done, asked('open', 'early-a'))).to.equal(done);
    expect(withSeen(done, asked('done', 'late-x'))).to.deep.equal(['early-a', 'late-x']);
  });
});
