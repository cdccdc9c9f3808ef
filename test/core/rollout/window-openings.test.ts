/** The next opening of a window, beside a search through every five minutes. */
import { expect } from 'chai';
import { isOpen } from '../../../core/lxd/restart-window.ts';
import { isWithin, nextOpening, openTimesOf } from '../../../core/rollout/windows.ts';
import type { RolloutWindow } from '../../../schemas/generated/rollout-strategy.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const stepMs = 5 * minuteMs;
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** The day of the week and the minute of the day at each of the steps. */
function localTimes(
  timeZone: string,
  firstMs: number,
): readonly { ms: number; day: number; minute: number }[] {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return [...Array((12 * dayMs) / stepMs).keys()].map((place) => {
    const ms = firstMs + place * stepMs;
    // Sat 23:05
    const [weekday = '', hour, minute] = format.format(ms).split(/[ :]/u);
    return { ms, day: weekdays.indexOf(weekday), minute: Number(hour) * 60 + Number(minute) };
  });
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

const windows: readonly Omit<RolloutWindow, 'timeZone'>[] = [
  ['00:00', '00:30'],
  ['01:00', '02:30'],
  ['02:30', '03:30'],
  ['04:00', '05:00'],
  ['10:00', '12:00'],
  ['23:30', '01:00'],
].flatMap(([from = '', to = '']) =>
  ([['sun'], ['sat'], undefined] as const).map((days) => ({
    from,
    to,
    ...(days && { days: [...days] }),
  })),
);

describe('the next opening of a window', () => {
  // The days on which the clocks change, by UTC; that of Kolkata does not.
  for (const [timeZone, date] of [
    ['Europe/Berlin', '2027-03-28'],
    ['Europe/Berlin', '2027-10-31'],
    ['America/Santiago', '2027-04-04'],
    ['America/Santiago', '2027-09-05'],
    ['Australia/Lord_Howe', '2027-04-03'],
    ['Australia/Lord_Howe', '2027-10-02'],
    ['Asia/Kolkata', '2027-03-28'],
  ] as const) {
    it(`is the first time at which it is open: ${timeZone} around ${date}`, () => {
      const changeMs = Date.parse(`${date}T00:00:00Z`);
      const times = localTimes(timeZone, changeMs - 2 * dayMs);
      for (const window of windows) {
        const openTimes = openTimesOf({ ...window, timeZone });
        const open = times.filter((time) => isOpen(openTimes, time)).map(({ ms }) => ms);
        const isOpenAt = new Set(open);
        // 11 h 25 min: at another hour of each day.
        for (let ms = changeMs - 2 * dayMs; ms < changeMs + dayMs; ms += 685 * minuteMs) {
          const name = `${JSON.stringify(window)} seen from ${String(iso(ms))}`;
          expect(isWithin([openTimes], ms), name).to.equal(isOpenAt.has(ms));
          if (isOpenAt.has(ms)) continue;
          const next = open.find((time) => time > ms);
          if (next !== undefined && next - ms > 8 * dayMs) continue;
          expect(iso(nextOpening([openTimes], ms)), name).to.equal(iso(next));
        }
      }
    });
  }
});
