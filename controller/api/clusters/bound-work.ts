/**
 * Bounds the requests of one of several clusters that are worked on at the same time: those that wait
 * for a store that does not answer leave room for the other clusters.
 */
import { AppError } from '../../../runtime/errors.ts';
import { createByteBudget } from '../../../runtime/http/byte-budget.ts';
import type { Route } from '../../../runtime/http/route.ts';

export interface WorkBounds {
  readonly requests: number;
  /** Bytes of the bodies of all of them. */
  readonly bodyBytes: number;
}

export function boundWork(
  routes: readonly Route[],
  { requests, bodyBytes }: WorkBounds,
): readonly Route[] {
  const bodies = createByteBudget(bodyBytes);
  let running = 0;
  return routes.map((route) => {
    if (route.isCheap === true) return route;
    return {
      ...route,
      handle: async (request) => {
        const bytes = Buffer.byteLength(request.body);
        if (running >= requests || !bodies.take(bytes)) throw tooMany();
        running += 1;
        try {
          return await route.handle(request);
        } finally {
          running -= 1;
          bodies.give(bytes);
        }
      },
    };
  });
}

function tooMany(): AppError {
  const message =
    'cannot answer now: too many requests for this cluster are being worked on; try again';
  return new AppError('busy', message, { retryable: true });
}
