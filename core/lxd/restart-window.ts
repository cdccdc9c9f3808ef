import type { RestartWindow } from './settings.ts';

/** A time by the host's clock. */
export interface LocalTime {
  /** 0 is Sunday. */
  readonly day: number;
  /** Minute of the day, 0–1439. */
  readonly minute: number;
}

/** Whether a restart may begin now. Without a window: always. */
export function isOpen(window: RestartWindow | undefined, { day, minute }: LocalTime): boolean {
  if (window === undefined) return true;
  const { from, to, days } = window;
  const yesterday = (day + 6) % 7;
  if (from < to) return days.includes(day) && minute >= from && minute < to;
  return (days.includes(day) && minute >= from) || (days.includes(yesterday) && minute < to);
}
