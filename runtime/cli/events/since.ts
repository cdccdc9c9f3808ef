/** The option --since of commands that show events. */
import { InvalidArgumentError } from 'commander';

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `2h`, `30m`, `30min`, or a time of RFC 3339. @returns ms since 1970; undefined: it is neither */
export function parseSince(text: string, nowMs: number): number | undefined {
  const [, count, unit = ''] = /^(\d{1,9})(s|m|min|h|d)$/.exec(text) ?? [];
  const ms = unitMs[unit];
  if (count !== undefined && ms !== undefined) return Math.max(0, nowMs - Number(count) * ms);
  if (!/^\d{4}-\d\d-\d\d(?:T[\d:.]{5,20}(?:Z|[+-]\d\d:\d\d)?)?$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** An option's value as RFC 3339. @throws InvalidArgumentError */
export function sinceOption(text: string): string {
  const time = parseSince(text, Date.now());
  if (time !== undefined) return new Date(time).toISOString();
  throw new InvalidArgumentError(
    'It is how long ago, such as 90s, 30m, 2h or 1d, or a time such as 2026-01-31T03:00:00Z.',
  );
}
