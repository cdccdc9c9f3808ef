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
  return windows.length === 0 || windows.some((one) => isOpen(one, localTime(one, instant)));
}

/**
 * When the next window opens, as ms since 1970; undefined: not within the next eight days.
 * @param instant outside of all windows
 */
export function nextOpening(windows: readonly OpenTimes[], instant: number): number | undefined {
  const openings = windows.flatMap((window) => openingsOf(window, instant));
  return openings.length === 0 ? undefined : Math.min(...openings);
}

function openingsOf(window: OpenTimes, instant: number): readonly number[] {
  const isOpenAt = (time: number): boolean => isOpen(window, localTime(window, time));
  return [...Array(9).keys()].flatMap((days) => {
    const day = instant + days * dayMs;
    const guess = day + (window.from - localTime(window, day).minute) * minuteMs;
    const start = Math.floor(guess / minuteMs) * minuteMs;
    const times = hasChange(window, start) ? timesAround(start) : [start];
    const opening = times.find(
      (time) => time > instant && isOpenAt(time) && !isOpenAt(time - minuteMs),
    );
    return opening === undefined ? [] : [opening];
  });
}

const quarterMs = 15 * minuteMs;
const aroundMs = 3 * 60 * minuteMs;

/** Whether the local clock is changed around this time. */
function hasChange(window: OpenTimes, time: number): boolean {
  const before = localTime(window, time - aroundMs).minute;
  const after = localTime(window, time + aroundMs).minute;
  return (after - before + 1440) % 1440 !== (2 * aroundMs) / minuteMs;
}

/**
 * Where the clock is changed, a window opens at its time by the clock before or after the change, or,
 * where the clock leaves that time out, at the change. Changes are whole quarters, at a quarter.
 */
function timesAround(start: number): readonly number[] {
  const quarter = Math.floor(start / quarterMs) * quarterMs;
  return [...Array(25).keys()]
    .map((place) => (place - 12) * quarterMs)
    .flatMap((offset) => [...new Set([quarter + offset, start + offset])]);
}

function localTime({ timeZone }: OpenTimes, instant: number): LocalTime {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]));
  const weekday = (parts.get('weekday') ?? '').toLowerCase();
  return {
    day: dayNames.findIndex((name) => name === weekday),
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
}
