/** The last events of the fleet, in memory. */
import { shortText } from '../../../core/events/event.ts';
import { keepNewestOf } from '../../../core/events/event-ring.ts';
import { nameSome } from '../../../core/name-some.ts';
import { createNews } from '../../../runtime/pacing/news.ts';
import type { FleetEvent, FleetEventKind, FleetHappening } from './fleet-event.ts';

export interface FleetEventLog {
  record(happenings: readonly FleetHappening[]): void;
  /** The events after this one, oldest first; all of them for an id that no event has had yet. */
  after(id: number): readonly FleetEvent[];
  /**
   * Resolves when there is an event after this one, or when the signal is aborted; never rejects.
   */
  waitFor(id: number, end: AbortSignal): Promise<void>;
  /** How many there were, by kind. */
  counts(): ReadonlyMap<FleetEventKind, number>;
}

const keptEvents = 2000;
const keptNames = 10;

/** Kinds that single nodes can cause again and again. */
const floods: ReadonlySet<FleetEventKind> = new Set([
  'connected',
  'away',
  'identity-refused',
  'sessions-down',
  'sessions-up',
  'failed',
  'degraded',
  'needs-person',
]);

/** @param now RFC 3339 */
export function createFleetEventLog(now: () => string): FleetEventLog {
  let events: readonly FleetEvent[] = [];
  // Greater than every id of an earlier process, so that a client that follows misses none.
  let lastId = Math.max(0, Date.parse(now()) || 0);
  const counts = new Map<FleetEventKind, number>();
  const news = createNews();
  const after = (id: number): readonly FleetEvent[] =>
    id > lastId ? events : events.filter((event) => event.id > id);
  return {
    after,
    record: (happenings) => {
      if (happenings.length === 0) return;
      const at = now();
      const added = happenings.map((happening) => {
        lastId += 1;
        counts.set(happening.kind, (counts.get(happening.kind) ?? 0) + 1);
        return eventOf(happening, lastId, at);
      });
      events = keepNewestOf([...events, ...added], keptEvents, ({ kind }) => floods.has(kind));
      news.tell();
    },
    counts: () => counts,
    waitFor: (id, end) => news.wait(() => after(id).length > 0, end),
  };
}

/**
 * `node-0, node-1: connected`. One literal with all fields, because V8 gives each object that is made by spreading a
 * form of its own; and a text that is joined, because one of `${}` keeps all its parts. Two thousand events stay.
 */
function eventOf(
  { kind, level, text, revision, nodes }: FleetHappening,
  id: number,
  at: string,
): FleetEvent {
  const sorted = nodes?.toSorted();
  const parts = sorted === undefined ? [text] : [nameSome(sorted), text];
  return {
    id,
    at,
    kind,
    level,
    revision,
    text: shortText(parts.join(': ')),
    nodes: sorted && { count: sorted.length, names: sorted.slice(0, keptNames) },
  };
}
