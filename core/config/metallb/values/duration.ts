/** Durations as Kubernetes writes them: Go's `90s`, `1m30s`, `500ms`. */
import type { Parsed } from '../../../parsed.ts';

const milliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** In milliseconds. */
export function parseDuration(text: string): Parsed<number> {
  if (text === '0') return { ok: true, value: 0 };
  if (!/^(?:\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h))+$/.test(text)) {
    return { ok: false, message: `"${text}" is not a duration`, hint: 'write it as 90s' };
  }
  const parts = text.matchAll(/([\d.]+)(ms|s|m|h)/g);
  const value = [...parts].reduce(
    (sum, [, number = '', unit = '']) => sum + Number(number) * (milliseconds[unit] ?? 0),
    0,
  );
  return { ok: true, value };
}
