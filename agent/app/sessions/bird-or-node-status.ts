import type { ObservedDaemon } from '../../../core/sessions/session.ts';
import type { SessionsSource } from '../../ports/sessions.ts';

/**
 * BIRD itself, and where its sockets are not within reach, what calico-node reports of it.
 * @param reports absent: the datastore has no such reports
 */
export function createSessionsWithinReach(
  bird: SessionsSource,
  reports: SessionsSource | undefined,
): SessionsSource {
  if (reports === undefined) return bird;
  return {
    observe: async (signal, need) => {
      const daemons = await bird.observe(signal, need);
      if (!daemons.every(isOutOfReach)) return daemons;
      const reported = await reports.observe(signal, need);
      return reported.length === 0 ? daemons : reported;
    },
  };
}

/** A BIRD that is silent is not out of reach: calico-node reports what it hears of the same one. */
function isOutOfReach(daemon: ObservedDaemon): boolean {
  return !daemon.ok && daemon.fault === 'denied';
}
