/**
 * Maintenance windows in time zones of the IANA database. A window is in local time, so it follows
 * daylight saving time.
 */
import type { RolloutWindow } from '../../schemas/generated/rollout-strategy.ts';
import { isOpen, type LocalTime } from '../lxd/restart-window.ts';
import type { RestartWindow } from '../lxd/settings.ts';

export interface OpenTimes extends RestartWindow {
  readonly timeZone: string;
}

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

export function openTimesOf({
  days = [...dayNames],
  from,
  to,
  timeZone,
}: RolloutWindow): OpenTimes {
  return {
    from: minuteOf(from),
    to: minuteOf(to),
    days: days.map((day) => dayNames.indexOf(day)),
    timeZone,
  };
}

function minuteOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
}

/** Whether Intl knows this name of a time zone. */
export function isTimeZone(name: string): boolean {
  // Offsets such as +02:00 have no daylight saving time, and Intl knows them only in newer versions.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

/** Whether a wave may begin. @param instant ms since 1970; no window: always */
export function isWithin(windows: readonly OpenTimes[], instant: number): boolean {
  return (
    windows.length === 0 ||
    windows.some((one) => isOpen(one, localTime(localClock(one.timeZone)(instant))))
  );
}

/**
 * When the next window opens, as ms since 1970; undefined: not within the next eight days.
 * @param instant outside of all windows
 */
export function nextOpening(windows: readonly OpenTimes[], instant: number): number | undefined {
  const openings = windows.flatMap((window) => openingsOf(window, instant));
  return openings.length === 0 ? undefined : Math.min(...openings);
}

/** The clock of a time zone: the local time at an instant, as ms since 1970 as if it were UTC. */
type LocalClock = (instant: number) => number;

/** The openings of one window, on each local date from the day before to eight days after. */
function openingsOf(window: OpenTimes, instant: number): readonly number[] {
  const clock = localClock(window.timeZone);
  const isOpenAt = (time: number): boolean => isOpen(window, localTime(clock(time)));
  const local = clock(instant);
  // Days are counted by the local date: one of 23 or 25 hours is a day as well.
  const midnight = Math.floor(local / dayMs) * dayMs;
  return [...Array(10).keys()]
    .flatMap((days) => timesOf(clock, midnight + (days - 1) * dayMs + window.from * minuteMs))
    .filter((time) => time > instant && isOpenAt(time) && !isOpenAt(time - minuteMs));
}

/**
 * The instants at which a window may open that begins at this local time. With a change of the clock
 * around it these are the time by the clock before the change, that by the clock after it, and the
 * change: a window opens there whose beginning is left out, or whose end comes twice.
 */
function timesOf(clock: LocalClock, local: number): readonly number[] {
  const [before, after] = [local - dayMs, local + dayMs];
  const early = clock(before) - before;
  const late = clock(after) - after;
  if (early === late) return [local - early];
  return [local - early, local - late, changeBetween(clock, before, after)];
}

/** The first minute, of two with another offset from UTC, that has no longer the one of the first. */
function changeBetween(clock: LocalClock, first: number, last: number): number {
  const offset = clock(first) - first;
  let [before, after] = [first, last];
  while (after - before > minuteMs) {
    const middle = before + Math.floor((after - before) / minuteMs / 2) * minuteMs;
    if (clock(middle) - middle === offset) before = middle;
    else after = middle;
  }
  return after;
}

function localTime(local: number): LocalTime {
  const date = Math.floor(local / dayMs);
  return {
    // 1970-01-01 was a Thursday.
    day: (date + 4) % 7,
    minute: Math.floor((local - date * dayMs) / minuteMs),
  };
}

/** The clock leaves out what is less than a minute. */
function localClock(timeZone: string): LocalClock {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  return (instant) => {
    const parts = format.formatToParts(instant);
    const part = (name: string): number =>
      Number(parts.find(({ type }) => type === name)?.value ?? NaN);
    return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
  };
}
