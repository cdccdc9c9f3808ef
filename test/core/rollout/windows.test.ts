import { expect } from 'chai';
import { isTimeZone, isWithin, nextOpening, openTimesOf } from '../../../core/rollout/windows.ts';
import type { RolloutWindow } from '../../../schemas/generated/rollout-strategy.ts';

function within(window: RolloutWindow, time: string): boolean {
  return isWithin([openTimesOf(window)], Date.parse(time));
}

function opens(window: RolloutWindow, time: string): string | undefined {
  const instant = nextOpening([openTimesOf(window)], Date.parse(time));
  return instant === undefined ? undefined : new Date(instant).toISOString();
}

const night: RolloutWindow = {
  days: ['sat'],
  from: '22:00',
  to: '04:00',
  timeZone: 'Europe/Berlin',
};

describe('the windows of a rollout', () => {
  it('are always open where there is none', () => {
    expect(isWithin([], 0)).to.equal(true);
  });

  // 2026-10-25 is a Sunday; in its night Berlin goes from UTC+2 to UTC+1 at 01:00 UTC.
  for (const [time, expected] of [
    ['2026-10-24T19:59:00Z', false],
    ['2026-10-24T20:00:00Z', true],
    ['2026-10-25T00:30:00Z', true],
    ['2026-10-25T02:59:00Z', true],
    ['2026-10-25T03:00:00Z', false],
    // The night before: it does not begin on a Friday.
    ['2026-10-23T20:30:00Z', false],
    ['2026-10-24T01:00:00Z', false],
  ] as const) {
    it(`follow daylight saving time: at ${time} one is ${expected ? 'open' : 'closed'}`, () => {
      expect(within(night, time)).to.equal(expected);
    });
  }

  for (const [time, expected] of [
    ['2026-10-19T12:00:00Z', '2026-10-24T20:00:00.000Z'],
    // After the change it opens an hour later by UTC.
    ['2026-10-25T12:00:00Z', '2026-10-31T21:00:00.000Z'],
    ['2026-10-24T19:59:30Z', '2026-10-24T20:00:00.000Z'],
  ] as const) {
    it(`say when the next one opens, seen from ${time}`, () => {
      expect(opens(night, time)).to.equal(expected);
    });
  }

  for (const [timeZone, from, to, time, expected] of [
    // 02:00 is followed by 03:00, so it opens in the middle.
    ['Europe/Berlin', '02:30', '03:30', '2027-03-27T12:00:00Z', '2027-03-28T01:00:00.000Z'],
    ['Europe/Berlin', '02:30', '03:30', '2027-03-28T02:00:00Z', '2027-04-04T00:30:00.000Z'],
    // 02:30 comes twice.
    ['Europe/Berlin', '02:30', '03:30', '2027-10-30T12:00:00Z', '2027-10-31T00:30:00.000Z'],
    ['Europe/Berlin', '02:30', '03:30', '2027-10-31T01:10:00Z', '2027-10-31T01:30:00.000Z'],
    // It is left out on the day of the change: 00:00 is 01:00.
    ['America/Santiago', '00:00', '00:30', '2027-09-04T12:00:00Z', '2027-09-12T03:00:00.000Z'],
  ] as const) {
    it(`say when ${from} in ${timeZone} comes after ${time}, at a change of the clock`, () => {
      expect(opens({ days: ['sun'], from, to, timeZone }, time)).to.equal(expected);
    });
  }

  for (const [days, from, to, time, expected] of [
    // From Saturday 01:15: the change lies between, and more than three hours before the opening.
    [['sun'], '10:00', '12:00', '2027-03-27T00:15:00Z', '2027-03-28T08:00:00.000Z'],
    // From 01:45 on the day of the change.
    [undefined, '23:30', '01:00', '2027-03-28T00:45:00Z', '2027-03-28T21:30:00.000Z'],
    // From Friday 23:30: 48 hours later it is Monday.
    [['sun'], '04:00', '05:00', '2027-03-26T22:30:00Z', '2027-03-28T02:00:00.000Z'],
  ] as const) {
    it(`say when ${from} in Berlin comes after ${time}, where a day has 23 hours`, () => {
      const window = { from, to, timeZone: 'Europe/Berlin', ...(days && { days: [...days] }) };
      expect(opens(window, time)).to.equal(expected);
    });
  }

  it('open on every day in any zone, also one with half hours', () => {
    const window: RolloutWindow = { from: '09:15', to: '10:00', timeZone: 'Asia/Kolkata' };
    expect(within(window, '2026-01-01T03:45:00Z')).to.equal(true);
    expect(within(window, '2026-01-01T04:30:00Z')).to.equal(false);
    expect(opens(window, '2026-01-01T04:30:00Z')).to.equal('2026-01-02T03:45:00.000Z');
  });

  it('have zones of the IANA database only', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Europe/Berlni', '+02:00', ''];
    expect(zones.filter(isTimeZone)).to.deep.equal(['UTC', 'Europe/Berlin', 'America/New_York']);
  });
});
