import { expect } from 'chai';
import { awaitedSessions } from '../../../core/confirm/sessions-before.ts';
import type { Baseline } from '../../../core/confirm/baseline.ts';
import type { ExpectedSession } from '../../../core/sessions/expected-sessions.ts';
import type { SessionVerdict } from '../../../core/sessions/match-sessions.ts';

const remoteAs = 65000;

function verdict(
  neighbor: string,
  is: SessionVerdict['verdict'],
  expected: Partial<ExpectedSession> = {},
): SessionVerdict {
  const origin = 'configuration';
  return {
    neighbor,
    verdict: is,
    expected: { neighbor, family: 4, origin, remoteAs, ...expected },
  };
}

function before(sessions: Readonly<Record<string, boolean>>): Pick<Baseline, 'sessions'> {
  return {
    sessions: Object.entries(sessions).map(([neighbor, established]) => ({
      neighbor,
      remoteAs,
      established,
    })),
  };
}

function awaited(
  verdicts: readonly SessionVerdict[],
  was: Pick<Baseline, 'sessions'> | undefined,
): Readonly<Record<'missing' | 'downBefore', readonly (string | undefined)[]>> {
  const { missing, downBefore } = awaitedSessions(verdicts, was);
  return {
    missing: missing.map(({ neighbor }) => neighbor),
    downBefore: downBefore.map(({ neighbor }) => neighbor),
  };
}

describe('the sessions that a change waits for', () => {
  const up = verdict('10.0.0.1', 'established');
  const down = verdict('10.0.0.2', 'down');

  it('are not those that were down before with the same expectation', () => {
    const was = before({ '10.0.0.1': true, '10.0.0.2': false });
    expect(awaited([down, up], was)).to.deep.equal({ missing: [], downBefore: ['10.0.0.2'] });
  });

  it('are those that were up, and those that are new', () => {
    const was = before({ '10.0.0.1': true, '10.0.0.2': true });
    const added = verdict('10.0.0.3', 'missing');
    expect(awaited([down, added, up], was)).to.deep.equal({
      missing: ['10.0.0.2', '10.0.0.3'],
      downBefore: [],
    });
  });

  it('are those that get another AS number', () => {
    const was = before({ '10.0.0.1': true, '10.0.0.2': false });
    const changed = verdict('10.0.0.2', 'down', { remoteAs: 65009 });
    expect(awaited([changed, up], was).missing).to.deep.equal(['10.0.0.2']);
  });

  it('are all when the node was not observed before', () => {
    expect(awaited([down, up], undefined).missing).to.deep.equal(['10.0.0.2']);
    expect(awaited([down, up], {}).missing).to.deep.equal(['10.0.0.2']);
  });

  it('include those of reflectors without a session, as long as the mesh carries the traffic', () => {
    const mesh = verdict('10.0.0.5', 'established', { origin: 'mesh' });
    const was = before({ '10.0.0.2': false, '10.0.0.5': true });
    expect(awaited([down, mesh], was).missing).to.deep.equal(['10.0.0.2']);
  });

  it('exclude mesh sessions that a peer keeps down until it goes, and the session of that peer', () => {
    const ofMesh = verdict('10.0.0.3', 'down', { origin: 'mesh' });
    const ofPeer = verdict('10.0.0.3', 'down', { origin: 'calico' });
    expect(awaited([ofMesh, ofPeer, up], undefined).missing).to.deep.equal([]);
    expect(awaited([ofMesh, up], undefined).missing).to.deep.equal(['10.0.0.3']);
    expect(awaited([ofPeer, up], undefined).missing).to.deep.equal(['10.0.0.3']);
    const desired = verdict('10.0.0.3', 'down');
    expect(awaited([ofMesh, desired, up], undefined).missing).to.have.length(2);
  });

  it('are none for a node that had no session to lose', () => {
    const was = before({ '10.0.0.2': false });
    expect(awaited([down], was)).to.deep.equal({ missing: [], downBefore: ['10.0.0.2'] });
  });
});
