/** Limits lines that any client can cause to one of a kind in a while, with a count. */
export interface RepeatLimits {
  readonly everyMs: number;
  /** The number of kinds that are counted apart; all others count as one more kind. */
  readonly maxKinds: number;
  /** False: returns 1 for a kind that was counted with others. Default: their count together. */
  readonly countsShared?: boolean;
}

/** Returns the count since the last logged one; undefined: do not log it now. */
export type RepeatLimit = (kind: string, now: number) => number | undefined;

const defaultLimits: RepeatLimits = { everyMs: 60_000, maxKinds: 100 };

export function limitRepeats({
  everyMs,
  maxKinds,
  countsShared = true,
}: RepeatLimits = defaultLimits): RepeatLimit {
  const kinds = new Map<string, { readonly loggedAt: number; readonly held: number }>();
  const makeRoom = (now: number): void => {
    for (const [kind, { loggedAt }] of kinds) if (now - loggedAt >= everyMs) kinds.delete(kind);
  };
  return (given, now) => {
    if (!kinds.has(given) && kinds.size >= maxKinds) makeRoom(now);
    const kind = kinds.has(given) || kinds.size < maxKinds ? given : '';
    const known = kinds.get(kind);
    const count = (known?.held ?? 0) + 1;
    if (known !== undefined && now - known.loggedAt < everyMs) {
      kinds.set(kind, { ...known, held: count });
      return undefined;
    }
    kinds.set(kind, { loggedAt: now, held: 0 });
    return countsShared || kind === given ? count : 1;
  };
}
