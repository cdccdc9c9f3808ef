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

describe('a rollout that a person decides about, as text', () => {
  const paused = { cause: 'failure', by: 'the controller', why: 'late' } as const;
  const { reason: _reason, ...ended } = aborted({});
  const running: Shown = {
    ...ended,
    phase: 'forward',
    step: 'wave all',
    waves: [
      { name: 'all', state: 'running', ...wave, working: 2 },
      { name: 'rest', state: 'later', ...wave, nodes: 1, confirmed: 0 },
    ],
  };

  it('is paused, and not running', () => {
    const text = rolloutText({ rollout: { ...running, paused } });
    expect(text)
      .to.match(/^state {4}paused$/m)
      .and.to.match(/rest {2}later, 1 node$/m);
    const back = { ...running, phase: 'back', paused } as const;
    expect(rolloutText({ rollout: back })).to.match(/^state {4}paused while it goes back$/m);
    expect(progressText({ ...running, paused })).to.match(/^paused: wave all, running, 1 of 3/);
  });

  it('names the first nodes of each wave, and counts the others', () => {
    const [first, ...others] = running.waves;
    if (first === undefined) throw new Error('no wave');
    const names = [...Array(20).keys()].map((place) => `node-${String(place)}`);
    const waves = [{ ...first, nodes: 23, names }, ...others];
    expect(rolloutText({ rollout: { ...running, waves } })).to.match(
      /^wave {5}all {3}running, .*2 on the way \(node-0, .*, node-9 and 13 more\)$/m,
    );
  });

  it('says without which nodes it goes on', () => {
    const [first, ...others] = running.waves;
    if (first === undefined) throw new Error('no wave');
    const nodes = [...Array(20).keys()].map((place) => `node-${String(place)}`);
    const waves = [{ ...first, without: { count: 23, nodes } }, ...others];
    expect(rolloutText({ rollout: { ...running, waves } })).to.match(
      /^wave {5}all {3}running, .*2 on the way; goes on without node-0, .*, node-9 and 13 more$/m,
    );
  });
});
