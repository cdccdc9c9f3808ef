import { expect } from 'chai';
import { followAddress, type Watched } from '../../../../core/facts/addresses/follow-address.ts';
import type { KnownAddress, Preferred } from '../../../../core/facts/addresses/prefer-address.ts';

const a: KnownAddress = at('10.0.0.2');
const b: KnownAddress = at('10.0.0.3');

function at(address: string): KnownAddress {
  return { family: 4, address, prefixLength: 24, by: 'host', onHost: true };
}

const is = (address: KnownAddress, isCertain = true): Preferred => ({
  found: 'address',
  address,
  isCertain,
});
const none: Preferred = { found: 'none' };

type Look = readonly [number, Preferred];

/** `what left from→to` of each reading; an address must stay for 60 s. */
function verdicts(
  known: KnownAddress | undefined,
  looks: readonly Look[],
  hasOtherFamily = false,
): readonly string[] {
  let watched: Watched | undefined;
  return looks.map(([seconds, preferred]) => {
    const followed = followAddress(watched, {
      ...(known && { known }),
      preferred,
      hasOtherFamily,
      nowMs: seconds * 1000,
      settleMs: 60_000,
    });
    watched = followed.watched;
    const { verdict } = followed;
    if (verdict.verdict === 'settling') return `settling ${String(verdict.leftMs / 1000)}`;
    if (verdict.verdict !== 'changed') return verdict.verdict;
    return `changed ${verdict.from?.address ?? '-'} ${verdict.to?.address ?? '-'}`;
  });
}

describe('another address of a node', () => {
  it('counts after the required time', () => {
    const looks: readonly Look[] = [
      [0, is(b)],
      [15, is(b)],
      [60, is(b)],
    ];
    expect(verdicts(a, looks)).to.deep.equal([
      'settling 60',
      'settling 45',
      'changed 10.0.0.2 10.0.0.3',
    ]);
  });

  it('does not count when the previous one comes back in between', () => {
    const looks: readonly Look[] = [
      [0, is(b)],
      [30, is(a)],
      [61, is(b)],
    ];
    expect(verdicts(a, looks)).to.deep.equal(['settling 60', 'same', 'settling 60']);
  });

  it('begins anew when a third one comes, or none is there for a moment', () => {
    const third = at('10.0.0.4');
    expect(
      verdicts(a, [
        [0, is(b)],
        [50, is(third)],
        [70, is(b)],
      ]),
    ).to.deep.equal(['settling 60', 'settling 60', 'settling 60']);
    expect(
      verdicts(a, [
        [0, is(b)],
        [50, none],
        [70, is(b)],
      ]),
    ).to.deep.equal(['settling 60', 'gone', 'settling 60']);
  });

  it('never replaces one by none: without an address the node is unknown, however long it takes', () => {
    expect(
      verdicts(a, [
        [0, none],
        [9999, none],
      ]),
    ).to.deep.equal(['gone', 'gone']);
  });

  it('may be none of a family, when the other family stays', () => {
    expect(
      verdicts(
        a,
        [
          [0, none],
          [60, none],
        ],
        true,
      ),
    ).to.deep.equal(['settling 60', 'changed 10.0.0.2 -']);
  });

  it('is the first one at once, but not one that may be virtual', () => {
    expect(verdicts(undefined, [[0, is(a)]])).to.deep.equal(['first']);
    expect(
      verdicts(undefined, [
        [0, is(a, false)],
        [60, is(a, false)],
      ]),
    ).to.deep.equal(['settling 60', 'changed - 10.0.0.2']);
    expect(verdicts(undefined, [[0, none]])).to.deep.equal(['same']);
  });
});
