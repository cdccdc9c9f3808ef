/** Lines that anybody can cause shall not fill the log: one of a kind in a while, counted. */
export interface SeldomLimits {
  readonly everyMs: number;
  /** How many kinds are told apart; what is beyond counts as one more kind. */
  readonly maxKinds: number;
}

/** Says how often it happened since it was last said; undefined where it is not to be said now. */
export type Seldom = (kind: string, now: number) => number | undefined;

const defaultLimits: SeldomLimits = { everyMs: 60_000, maxKinds: 100 };

export function seldom({ everyMs, maxKinds }: SeldomLimits = defaultLimits): Seldom {
  const kinds = new Map<string, { readonly saidAt: number; readonly unsaid: number }>();
  const makeRoom = (now: number): void => {
    for (const [kind, { saidAt }] of kinds) if (now - saidAt >= everyMs) kinds.delete(kind);
  };
  return (given, now) => {
    if (!kinds.has(given) && kinds.size >= maxKinds) makeRoom(now);
    const kind = kinds.has(given) || kinds.size < maxKinds ? given : '';
    const known = kinds.get(kind);
    const count = (known?.unsaid ?? 0) + 1;
    if (known !== undefined && now - known.saidAt < everyMs) {
      kinds.set(kind, { ...known, unsaid: count });
      return undefined;
    }
    kinds.set(kind, { saidAt: now, unsaid: 0 });
    return count;
  };
}
