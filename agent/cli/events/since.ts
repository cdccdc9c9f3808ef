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
