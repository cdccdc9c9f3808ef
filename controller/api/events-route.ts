/** The route for the last events of the fleet, and the next ones. */
import { json, type Route } from '../../runtime/http/route.ts';
import { readCount, readSeconds, readTime } from '../../runtime/http/request/query.ts';
import { createWaitSlots } from '../../runtime/http/request/wait-slots.ts';
import type { FleetEvent } from '../app/events/fleet-event.ts';
import type { FleetEventLog } from '../app/events/fleet-event-log.ts';

/** GET /v1/events */
export interface EventsAnswer {
  readonly events: readonly FleetEvent[];
  /** Id of the last event, for the next request. */
  readonly last: number;
}

const maxWaitSeconds = 30;
/** The most clients that follow events; a further one gets its answer at once. */
const maxFollowers = 16;

export function eventsRoute(log: Pick<FleetEventLog, 'after' | 'waitFor'>): Route {
  const slots = createWaitSlots(maxFollowers);
  return {
    method: 'GET',
    path: '/v1/events',
    access: 'read',
    query: ['after', 'since', 'wait'],
    handle: async ({ query, signal }) => {
      const after = readCount(query, 'after') ?? 0;
      const since = readTime(query, 'since');
      const waitSeconds = readSeconds(query, 'wait', maxWaitSeconds) ?? 0;
      if (waitSeconds > 0) {
        await slots.wait(waitSeconds, signal, (end) => log.waitFor(after, end));
      }
      const events = log.after(after);
      const last = events.at(-1)?.id ?? after;
      const chosen =
        since === undefined ? events : events.filter(({ at }) => Date.parse(at) >= since);
      return json({ events: chosen, last } satisfies EventsAnswer);
    },
  };
}
