/** Routes that may change something always leave a log line and an event. */
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Audit } from '../../app/events/audit.ts';
import { actorOf } from '../request/actor.ts';

/** @param action the command for it, as `hold` */
export function audited(action: string, audit: () => Promise<Audit>, route: Route): Route {
  const { query = [] } = route;
  return {
    ...route,
    query: query === 'any' ? query : [...query, 'by'],
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
