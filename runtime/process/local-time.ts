import type { LocalTime } from '../../core/lxd/restart-window.ts';

/** @param now RFC 3339 */
export function localTime(now: string): LocalTime {
  const date = new Date(now);
  return { day: date.getDay(), minute: date.getHours() * 60 + date.getMinutes() };
}
