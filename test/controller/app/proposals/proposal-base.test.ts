import { expect } from 'chai';
import {
  baseOf,
  isBase,
  type BaseDeps,
} from '../../../../controller/app/proposals/proposal-base.ts';
import { rolloutOf } from '../../../../controller/app/rollout/new-rollout.ts';
import type { Revision } from '../../../../core/revision/revision.ts';
import type { Rollout } from '../../../../core/rollout/steps.ts';
import { digestOf } from '../../../../core/revision/digest.ts';

const revision = (number: number, text: string): Revision => ({
  formatVersion: 1,
  lineage: 'controller:default',
  number,
  digest: digestOf(text),
  mediaType: 'application/yaml',
  text,
  acceptedAt: '2026-01-01T00:00:00Z',
  source: 'controller',
  by: 'ann',
});

/** A fleet whose rollout of revision 2 has these revisions by now. */
function during(newest: Revision, revisions: Rollout['revisions']): BaseDeps {
  const strategy = { apiVersion: 'calico-agent/v1', kind: 'RolloutStrategy' } as const;
  const plan = { strategy, waves: [{ name: 'all', nodes: ['node-0'] }], members: 1 };
  const live = rolloutOf(revision(2, 'new'), revision(1, 'old'), plan, 0);
  return {
    fleet: { revision: () => newest, storedNumber: () => newest.number },
    rollouts: { current: () => ({ ...live, rollout: { ...live.rollout, revisions } }) },
  };
}

describe('the revision for which a proposal counts', () => {
  it('is the same one when a rollout writes the cluster-wide resources, forward and back', () => {
    const forward = during(revision(2, 'new'), { base: 1, target: 2 });
    const shared = during(revision(3, 'new'), { base: 1, target: 2, share: 3 });
    expect(isBase(baseOf(forward), shared)).to.equal(true);
    const back = { base: 1, target: 2, share: 3, back: 4 };
    const goesBack = during(revision(4, 'old'), back);
    expect(isBase(baseOf(shared), goesBack)).to.equal(false);
    const isBack = during(revision(5, 'old'), { ...back, backShare: 5 });
    expect(isBase(baseOf(goesBack), isBack)).to.equal(true);
    expect(isBase(baseOf(shared), isBack)).to.equal(false);
  });

  it('is not the one that has got the number which an earlier controller stored for another', () => {
    const { digest } = revision(1, 'old');
    const got = during(revision(5, 'other'), { base: 1, target: 2 });
    expect(isBase({ number: 5, digest }, got)).to.equal(false);
    expect(isBase(baseOf(got), got)).to.equal(true);
  });
});
