/** Limits the failures of one address, so that guessing and mistakes in a loop cost little. */
export interface FailureLimits {
  readonly most: number;
  readonly everyMs: number;
  /** Further addresses share one count. */
  readonly addresses: number;
}

export interface FailureLimit {
  /** @returns seconds until the address may try again; undefined: it may now */
  waitSeconds(address: string, now: number): number | undefined;
  failed(address: string, now: number): void;
}

const usual: FailureLimits = { most: 30, everyMs: 60_000, addresses: 1000 };

export function limitFailures({ most, everyMs, addresses }: FailureLimits = usual): FailureLimit {
  const counts = new Map<string, { readonly since: number; readonly count: number }>();
  const keyOf = (address: string): string =>
    counts.has(address) || counts.size < addresses ? address : '';
  return {
    waitSeconds: (address, now) => {
      const found = counts.get(keyOf(address));
      if (found === undefined || found.count < most || now - found.since >= everyMs)
        return undefined;
      return Math.ceil((found.since + everyMs - now) / 1000);
    },
    failed: (address, now) => {
      if (counts.size >= addresses) {
        for (const [key, { since }] of counts) if (now - since >= everyMs) counts.delete(key);
      }
      const key = keyOf(address);
      const found = counts.get(key);
      const isOver = found === undefined || now - found.since >= everyMs;
      counts.set(
        key,
        isOver ? { since: now, count: 1 } : { since: found.since, count: found.count + 1 },
      );
    },
  };
}
