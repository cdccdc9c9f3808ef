/** The newest events, bounded by count. What comes in floods does not push out the rest. */
import type { LoggedEvent } from '../../schemas/generated/logged-event.ts';

/** Of all kinds together. */
export const keptEvents = 500;
/** Room of the kinds that come in floods; what others leave of theirs is free for them as well. */
const keptOfFloods = keptEvents / 2;

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
  if (events.length <= keptEvents) return events;
  const flooding = events.filter(isFlood).length;
  const goneOfFloods = Math.min(events.length - keptEvents, Math.max(0, flooding - keptOfFloods));
  const others = events.length - keptEvents - goneOfFloods;
  return dropOldest(dropOldest(events, goneOfFloods, isFlood), others, (event) => !isFlood(event));
}

function dropOldest(
  events: readonly LoggedEvent[],
  count: number,
  isMeant: (event: LoggedEvent) => boolean,
): readonly LoggedEvent[] {
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
