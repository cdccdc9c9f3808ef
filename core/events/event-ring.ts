/** The newest events, bounded by count. Kinds that come in floods do not push out the others. */
import type { LoggedEvent } from '../../schemas/generated/logged-event.ts';

/** The number of kept events of all kinds. */
export const keptEvents = 500;
/** The share of the kinds that come in floods; they may also use the room that others leave. */
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
