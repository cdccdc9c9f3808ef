import type { HttpRequest } from '../../../runtime/http/route.ts';
import type { EventActor } from '../../../schemas/generated/logged-event.ts';
import { maxBy } from '../../../runtime/http/request/query.ts';

/**
 * Describes the client of a request. Called at once, while the client is connected. Never rejects.
 */
export async function actorOf({ caller, query }: HttpRequest): Promise<EventActor> {
  const claimed = query.get('by')?.slice(0, maxBy);
  const known = await caller();
  return {
    entrance: 'agent.sock',
    ...(claimed !== undefined && claimed !== '' && { claimed }),
    ...(known !== undefined && { uid: known.uid, pid: known.pid }),
  };
}
