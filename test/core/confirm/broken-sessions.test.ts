import { expect } from 'chai';
import { brokenSessions } from '../../../core/confirm/broken-sessions.ts';
import type { SessionVerdict } from '../../../core/sessions/match-sessions.ts';
import type { BgpSession } from '../../../core/sessions/session.ts';

const observed: BgpSession = {
  name: 'Global_10_0_0_3',
  state: 'Idle',
  neighbor: '10.0.0.3',
  remoteAs: 64513,
  since: { seconds: 4, isDay: false },
  lastError: 'BGP Error: Bad peer AS',
  channels: [],
};
const refused: SessionVerdict = {
  neighbor: '10.0.0.3',
  expected: { neighbor: '10.0.0.3', family: 4, remoteAs: 64513, origin: 'configuration' },
  observed,
  verdict: 'down',
  code: 'their-as-differs',
};
const isBroken = (one: SessionVerdict, writtenSeconds: number | undefined): boolean =>
  brokenSessions([one], writtenSeconds).length > 0;

describe('a session that waiting does not bring up', () => {
  it('was refused again 10 s after all nodes had made their changes', () => {
    const seconds = [undefined, 0, 13, 14, 60];
    expect(seconds.map((written) => isBroken(refused, written))).to.deep.equal([
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  const others: readonly [string, Partial<SessionVerdict>][] = [
    [
      'refused before then, and not tried since',
      { observed: { ...observed, since: { seconds: 55, isDay: false } } },
    ],
    ['of an unknown time', { observed: { ...observed, since: { seconds: 4, isDay: true } } }],
    [
      'of a BIRD that still expects another AS number',
      { observed: { ...observed, remoteAs: 64512 } },
    ],
    [
      'made by Calico for the peer of another node',
      { expected: { neighbor: '10.0.0.3', family: 4, origin: 'calico' } },
    ],
    ['down for a reason that may pass', { code: 'refused' }],
  ];
  for (const [what, changes] of others) {
    it(`is not one that is ${what}`, () => {
      expect(isBroken({ ...refused, ...changes }, 60)).to.equal(false);
    });
  }
});
