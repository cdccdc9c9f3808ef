/**
 * Reads BIRD's times. They have no time zone, so only the time since then is known, by BIRD's own
 * clock, which `show status` shows as well (lib/timer.c: `%F %T`; `%T` within 20 hours, else `%F`).
 */
import type { Ago } from '../session.ts';

const day = /^(\d{4})-(\d{2})-(\d{2})$/;
const clockTime = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,6})?)?$/;
const daySeconds = 86_400;

/** Seconds of a complete date and time, on a scale of their own; undefined: it is none. */
export function birdSeconds(text: string): number | undefined {
  const [date = '', time = '', ...rest] = text.split(' ');
  const seconds = secondsOfDay(time);
  const start = startOfDay(date);
  if (rest.length > 0 || seconds === undefined || start === undefined) return undefined;
  return start + seconds;
}

/** The time since then, for any of BIRD's forms; undefined: not known. */
export function agoOf(text: string, now: number | undefined): Ago | undefined {
  if (now === undefined) return undefined;
  const whole = birdSeconds(text);
  if (whole !== undefined) return { seconds: Math.max(0, Math.floor(now - whole)), isDay: false };
  const start = startOfDay(text);
  if (start !== undefined) return { seconds: Math.max(0, Math.floor(now - start)), isDay: true };
  const seconds = secondsOfDay(text);
  if (seconds === undefined) return undefined;
  const since = (now % daySeconds) - seconds;
  // A second ahead is the fraction that 1.6 leaves out; more is a time of yesterday.
  if (since < 0 && since >= -1) return { seconds: 0, isDay: false };
  return { seconds: Math.floor((since + daySeconds) % daySeconds), isDay: false };
}

function secondsOfDay(text: string): number | undefined {
  const [, hours, minutes, seconds = '0'] = clockTime.exec(text) ?? [];
  if (hours === undefined || minutes === undefined) return undefined;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** Days by the proleptic Gregorian calendar: no time zone is involved. */
function startOfDay(text: string): number | undefined {
  const [, year, month, date] = day.exec(text) ?? [];
  if (year === undefined) return undefined;
  return Date.UTC(Number(year), Number(month) - 1, Number(date)) / 1000;
}
