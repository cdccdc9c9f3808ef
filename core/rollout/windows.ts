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
  return [...Array(9).keys()].flatMap((days) => {
    const { minute } = localTime(window, instant + days * dayMs);
    const guess = instant + days * dayMs + (window.from - minute) * minuteMs;
    // Where the clock changes in between, the guess is wrong by this change.
    const off = (window.from - localTime(window, guess).minute + 1440) % 1440;
    const opening = guess + (off > 720 ? off - 1440 : off) * minuteMs;
    const start = Math.floor(opening / minuteMs) * minuteMs;
    return start > instant && isOpen(window, localTime(window, start)) ? [start] : [];
  });
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
