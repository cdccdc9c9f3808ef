/** Limits the entries about what people may not do, so that nobody can fill the audit log. */
import { limitRepeats, type RepeatLimit } from '../../../runtime/pacing/repeat-limit.ts';

export interface DenialLimits {
  readonly everyMs: number;
  /** The number of people who are counted apart; all others count as one more person. */
  readonly maxPeople: number;
  /** The number of actions of a person that are counted apart; all others count as one more. */
  readonly maxActions: number;
}

/**
 * Returns the number of these denials since the last entry, or 1 where other denials were counted
 * with them; undefined: do not write an entry now.
 */
export type DenialLimit = (by: string, action: string, now: number) => number | undefined;

const usual: DenialLimits = { everyMs: 60_000, maxPeople: 100, maxActions: 10 };

/** A person who is refused often takes no entry, and no count, from another one. */
export function limitDenials({
  everyMs,
  maxPeople,
  maxActions,
}: DenialLimits = usual): DenialLimit {
  const people = new Map<string, { readonly due: RepeatLimit; readonly lastAt: number }>();
  const others = limitRepeats({ everyMs, maxKinds: 0, countsShared: false });
  const makeRoom = (now: number): void => {
    for (const [by, { lastAt }] of people) if (now - lastAt >= everyMs) people.delete(by);
  };
  return (by, action, now) => {
    const known = people.get(by);
    if (known === undefined && people.size >= maxPeople) makeRoom(now);
    if (known === undefined && people.size >= maxPeople) return others(action, now);
    const due = known?.due ?? limitRepeats({ everyMs, maxKinds: maxActions, countsShared: false });
    people.set(by, { due, lastAt: now });
    return due(action, now);
  };
}
