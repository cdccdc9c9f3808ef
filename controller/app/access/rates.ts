/** Limits how often each of many clients may do something, without a limit for all together. */

export interface RateLimit {
  /** How many at once after a rest. */
  readonly burst: number;
  readonly perSecond: number;
}

export interface Rates {
  /** Takes one. @returns 0, or the seconds to wait, of which none was taken */
  take(key: string, nowMs: number): number;
}

interface Bucket {
  left: number;
  at: number;
}

/** More keys than these are forgotten, those that were used least recently first. */
const mostKeys = 10_000;

export function createRates({ burst, perSecond }: RateLimit): Rates {
  // By their last use, because a key that is set again goes to the end.
  const buckets = new Map<string, Bucket>();
  return {
    take: (key, nowMs) => {
      const bucket = buckets.get(key) ?? { left: burst, at: nowMs };
      buckets.delete(key);
      buckets.set(key, bucket);
      if (buckets.size > mostKeys) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      const passed = Math.max(0, nowMs - bucket.at) / 1000;
      bucket.left = Math.min(burst, bucket.left + passed * perSecond);
      bucket.at = nowMs;
      if (bucket.left < 1) return (1 - bucket.left) / perSecond;
      bucket.left -= 1;
      return 0;
    },
  };
}

/** One client: an IPv4 address, or the /64 of an IPv6 address, of which one machine has all. */
export function rateKeyOf(address: string): string {
  const plain = address.replace(/^::ffff:/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase())
    .join(':')}::/64`;
}
