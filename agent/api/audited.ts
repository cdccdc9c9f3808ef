/** Routes that change something leave a line in the log and an event, whatever comes of them. */
import { AppError, reasonOf } from '../../runtime/errors.ts';
import type { HttpRequest, Route } from '../../runtime/http/server.ts';
import type { EventActor } from '../../schemas/generated/logged-event.ts';
import type { Audit } from '../app/events/audit.ts';
import { maxBy } from './query.ts';

/** @param action the command that asks for it: `hold` */
export function audited(action: string, audit: () => Promise<Audit>, route: Route): Route {
  return {
    ...route,
    handle: async (request) => {
      const actor = actorOf(request);
      const write = async (outcome: 'done' | 'refused' | 'failed', why?: string): Promise<void> =>
        (await audit()).write({
          action,
          who: await actor,
          outcome,
          ...(why !== undefined && { why }),
        });
      try {
        const reply = await route.handle(request);
        await write('done');
        return reply;
      } catch (error) {
        const isRefusal = error instanceof AppError && !error.retryable;
        const why =
          error instanceof AppError ? reasonOf(error) : 'an unexpected error; see the log';
        await write(isRefusal ? 'refused' : 'failed', why);
        throw error;
      }
    },
  };
}

/** Asked at once, while the client is there. Never rejects. */
export async function actorOf({ caller, query }: HttpRequest): Promise<EventActor> {
  const claimed = query.get('by')?.slice(0, maxBy);
  const known = await caller();
  return {
    entrance: 'agent.sock',
    ...(claimed !== undefined && claimed !== '' && { claimed }),
    ...(known !== undefined && { uid: known.uid, pid: known.pid }),
  };
}
