/** Limits the failures of one address, so that mistakes in a loop cost little. */
export interface FailureLimits {
  readonly most: number;
  readonly everyMs: number;
  /** Beyond so many addresses the one that began first is forgotten. */
  readonly addresses: number;
}

export interface FailureLimit {
  /**
   * Counts a failure.
   * @returns seconds until further failures are heard again; undefined: this one is below the limit
   */
  failed(address: string, now: number): number | undefined;
}

const usual: FailureLimits = { most: 30, everyMs: 60_000, addresses: 1000 };

export function limitFailures({ most, everyMs, addresses }: FailureLimits = usual): FailureLimit {
  // In the order of their begin.
  const counts = new Map<string, { readonly since: number; count: number }>();
  return {
    failed: (address, now) => {
      const found = counts.get(address);
      if (found !== undefined && now - found.since < everyMs) {
        found.count += 1;
        return found.count <= most ? undefined : Math.ceil((found.since + everyMs - now) / 1000);
      }
      counts.delete(address);
      const [oldest] = counts.keys();
      if (counts.size >= addresses && oldest !== undefined) counts.delete(oldest);
      counts.set(address, { since: now, count: 1 });
      return undefined;
    },
  };
}
