/** The newest events, bounded by count. Kinds that come in floods do not push out the others. */
import type { LoggedEvent } from '../../schemas/generated/logged-event.ts';

/** The number of kept events of all kinds. */
export const keptEvents = 500;

const floods: ReadonlySet<string> = new Set([
  'sessions',
  'session-up',
  'session-down',
  'session-gone',
  'session-unexpected',
  'controller-connected',
  'controller-lost',
]);

/** @param events oldest first @returns the ones that stay, in the same order */
export function keepNewest(events: readonly LoggedEvent[]): readonly LoggedEvent[] {
  return keepNewestOf(events, keptEvents, isFlood);
}

/**
 * Keeps `most` events. Half of the room is for those that come in floods, and the room that others
 * leave.
 *
 * @param events oldest first @returns the ones that stay, in the same order
 */
export function keepNewestOf<T>(
  events: readonly T[],
  most: number,
  isFlooding: (event: T) => boolean,
): readonly T[] {
  if (events.length <= most) return events;
  const flooding = events.filter(isFlooding).length;
  const goneOfFloods = Math.min(events.length - most, Math.max(0, flooding - most / 2));
  const others = events.length - most - goneOfFloods;
  const kept = dropOldest(events, goneOfFloods, isFlooding);
  return dropOldest(kept, others, (event) => !isFlooding(event));
}

function dropOldest<T>(
  events: readonly T[],
  count: number,
  isMeant: (event: T) => boolean,
): readonly T[] {
  let left = count;
  return events.filter((event) => {
    if (left === 0 || !isMeant(event)) return true;
    left -= 1;
    return false;
  });
}

function isFlood({ kind, outcome }: LoggedEvent): boolean {
  return floods.has(kind) || outcome === 'refused';
}
