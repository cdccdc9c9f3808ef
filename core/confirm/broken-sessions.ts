/** Sessions that no waiting brings up, because the two sides do not agree. */
import { isDisagreement } from '../sessions/explain-down.ts';
import type { SessionVerdict } from '../sessions/match-sessions.ts';

/** The time for calico-node to hand a change to BIRD, and for BIRD to try again. */
const settleSeconds = 10;

/**
 * The ones of these sessions that are broken for good: they were refused again after all that the change
 * does to either side was written. BIRD's last error may be of before, because BIRD waits up to 30 s until
 * it tries again; each try is a new state of the session. Only sessions that the configuration asks for,
 * with the AS number that BIRD has: what Calico makes of other nodes' peers, they judge themselves.
 * @param writtenSeconds for how long all nodes have made their changes; undefined: not yet
 */
export function brokenSessions(
  missing: readonly SessionVerdict[],
  writtenSeconds: number | undefined,
): readonly SessionVerdict[] {
  if (writtenSeconds === undefined) return [];
  return missing.filter((one) => {
    const { expected, observed } = one;
    if (expected?.origin !== 'configuration' || !isDisagreement(one)) return false;
    const isTaken = observed?.remoteAs === expected.remoteAs;
    const failed = observed?.since;
    const isKnown = failed !== undefined && !failed.isDay;
    return isTaken && isKnown && failed.seconds + settleSeconds <= writtenSeconds;
  });
}
