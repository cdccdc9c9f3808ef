import { expect } from 'chai';
import type { ExpectedSession } from '../../../core/sessions/expected-sessions.ts';
import { isMissing } from '../../../core/sessions/is-missing.ts';
import type { SessionVerdict } from '../../../core/sessions/match-sessions.ts';

const session = (changes: Partial<SessionVerdict>): SessionVerdict => ({
  neighbor: '10.0.0.2',
  verdict: 'established',
  ...changes,
});
const expected = (origin: ExpectedSession['origin']): ExpectedSession => ({
  neighbor: '10.0.0.2',
  family: 4,
  origin,
});

describe('an expected session', () => {
  it('is missing when it is down, not in BIRD, or with another AS number', () => {
    for (const verdict of ['down', 'missing', 'differs'] as const) {
      expect(isMissing(session({ verdict }))).to.equal(true);
    }
  });

  it('is not missing when it could not be read', () => {
    expect(isMissing(session({ verdict: 'unknown' }))).to.equal(false);
  });

  it('of the mesh is not missing while a peer to the same address stands in its place', () => {
    const held = { verdict: 'down', code: 'held-back' } as const;
    expect(isMissing(session({ ...held, expected: expected('mesh') }))).to.equal(false);
    expect(isMissing(session({ ...held, expected: expected('configuration') }))).to.equal(true);
  });

  it("of another node's peer is missing only until one to the same address is Established", () => {
    const mirrored = { verdict: 'down', expected: expected('calico') } as const;
    expect(isMissing(session({ ...mirrored, code: 'held-back' }))).to.equal(true);
    expect(isMissing(session({ ...mirrored, code: 'covered' }))).to.equal(false);
  });

  it('of the configuration is missing also when the mesh reaches its neighbour', () => {
    const held = { verdict: 'down', code: 'covered' } as const;
    const configured = session({ ...held, expected: expected('configuration') });
    expect(isMissing(configured)).to.equal(true);
    expect(isMissing({ ...configured, isLater: true })).to.equal(false);
  });
});
