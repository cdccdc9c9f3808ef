import { expect } from 'chai';
import { progressText, rolloutText } from '../../../../controller/cli/rollout/rollout-text.ts';
import type { CurrentRollout } from '../../../../schemas/generated/controller-api/current-rollout.ts';

type Shown = NonNullable<CurrentRollout['rollout']>;

const wave = { nodes: 3, confirmed: 1, failed: 0, working: 0, left: 0, away: 0 };

function aborted(counts: Partial<typeof wave>): Shown {
  const lineage = 'controller:default';
  return {
    number: 6,
    kind: 'rollout',
    phase: 'aborted',
    newest: 7,
    by: 'eva',
    startedAt: '2026-10-26T12:00:00Z',
    changedAt: '2026-10-26T12:00:00Z',
    reason: 'eva aborted it',
    revision: { lineage, number: 7, digest: `sha256:${'0'.repeat(64)}` },
    waves: [{ name: 'all', state: 'back', ...wave, ...counts }],
    failures: [],
    missing: [],
  };
}

describe('an aborted rollout as text', () => {
  it('says that the nodes have what they had before, where they do', () => {
    const text = 'aborted: the nodes have what they had before (eva aborted it)';
    expect(progressText(aborted({ away: 2 }))).to.equal(text);
    expect(rolloutText({ rollout: aborted({ away: 2 }) })).to.contain(`state    ${text}\n`);
  });

  it('says how many could not go back', () => {
    const text = 'aborted; 2 nodes could not go back (eva aborted it)';
    expect(progressText(aborted({ failed: 1, left: 1 }))).to.equal(text);
    expect(rolloutText({ rollout: aborted({ failed: 1, working: 1 }) })).to.contain(
      `state    ${text}\n`,
    );
  });
});
