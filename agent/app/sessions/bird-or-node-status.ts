import type { ObservedDaemon } from '../../../core/sessions/session.ts';
import type { SessionsSource } from '../../ports/sessions.ts';

/**
 * The sessions as BIRD itself shows them, or, where its sockets are not within reach, as
 * calico-node reports them.
 * @param reports absent: the datastore has no such reports
 */
export function createSessionsWithinReach(
  bird: SessionsSource,
  reports: SessionsSource | undefined,
): SessionsSource {
  if (reports === undefined) return bird;
  return {
    ...bird,
    observe: async (signal, need) => {
      const daemons = await bird.observe(signal, need);
      if (!daemons.every(isOutOfReach)) return daemons;
      const reported = await reports.observe(signal, need);
      return reported.length === 0 ? daemons : reported;
    },
  };
}

/** A silent BIRD is not out of reach: calico-node asks the same daemon, and knows no more. */
function isOutOfReach(daemon: ObservedDaemon): boolean {
  return !daemon.ok && daemon.fault === 'denied';
}
