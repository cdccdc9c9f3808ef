/**
 * The route for the last events and the next ones: a client asks for those after the last one that
 * it has.
 */
import { json, type HttpRequest, type Reply } from '../../../runtime/http/route.ts';
import type { EventLog } from '../../app/events/event-log.ts';
import { readCount, readSeconds, readTime } from '../../../runtime/http/request/query.ts';
import type { ReadingRoute, RouteContext } from '../routing/agent-route.ts';
import { createWaitSlots, type WaitSlots } from '../../../runtime/http/request/wait-slots.ts';

const maxWaitSeconds = 60;

/**
 * Most clients that follow events, for each socket, so that no other user can take root's places.
 */
const maxFollowers = { read: 8, write: 16 } as const;

export function eventsRoute({ on }: RouteContext): ReadingRoute {
  return {
    method: 'GET',
    path: '/v1/events',
    access: 'read',
    query: ['after', 'since', 'wait'],
    handle: on('eventLog', createEventsHandler()),
  };
}

function createEventsHandler(): (log: EventLog, request: HttpRequest) => Promise<Reply> {
  const slots: Readonly<Record<HttpRequest['access'], WaitSlots>> = {
    read: createWaitSlots(maxFollowers.read),
    write: createWaitSlots(maxFollowers.write),
  };
  return async (log, { access, query, signal }) => {
    const after = readCount(query, 'after') ?? 0;
    const since = readTime(query, 'since');
    const waitSeconds = readSeconds(query, 'wait', maxWaitSeconds) ?? 0;
    if (waitSeconds > 0) {
      await slots[access].wait(waitSeconds, signal, (end) => log.waitFor(after, end));
    }
    const events = log.after(after);
    const last = events.at(-1)?.id ?? after;
    const chosen =
      since === undefined ? events : events.filter(({ at }) => Date.parse(at) >= since);
    return json({ events: chosen, last });
  };
}
