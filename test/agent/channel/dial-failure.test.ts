import { expect } from 'chai';
import { retryAfter } from '../../../agent/channel/dial-failure.ts';

describe('a Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const cases: readonly [header: string | undefined, ms: number | undefined][] = [
    [undefined, undefined],
    ['0', 0],
    ['30', 30_000],
    ['Thu, 01 Jan 2026 00:00:10 GMT', 10_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['99999999999999999999', 3_600_000],
  ];
  for (const [header, ms] of cases) {
    it(`of "${String(header)}" means ${String(ms)} ms`, () => {
      expect(retryAfter(header, now)).to.equal(ms);
    });
  }
});
