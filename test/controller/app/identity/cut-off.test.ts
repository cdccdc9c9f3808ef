import { expect } from 'chai';
import { isCutOff } from '../../../../controller/app/identity/cut-off.ts';

describe('a node that is away', () => {
  const at = Date.parse('2026-10-26T12:00:00Z');
  const away = (lastSeenAt: string): Parameters<typeof isCutOff>[0] => ({
    name: 'node-0',
    lastSeenAt,
  });

  for (const [what, lastSeenAt, isRevoked] of [
    ['before it was revoked', '2026-10-25T08:00:00Z', true],
    ['until the revocation had ended its connection', '2026-10-26T12:00:05Z', true],
    ['later, with a newer certificate', '2026-10-26T12:30:00Z', false],
  ] as const) {
    it(`and was here ${what}, is${isRevoked ? '' : ' not'} shown as revoked`, () => {
      expect(isCutOff(away(lastSeenAt), { revokedAt: () => at })).to.equal(isRevoked);
      expect(isCutOff(away(lastSeenAt), { revokedAt: () => undefined })).to.equal(false);
    });
  }

  it('is not meant where it is connected again', () => {
    const connection = { since: '2026-10-26T12:00:10Z', remote: '10.0.0.9' };
    expect(
      isCutOff({ ...away('2026-10-26T11:00:00Z'), connection }, { revokedAt: () => at }),
    ).to.equal(false);
  });
});
