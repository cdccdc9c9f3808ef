/** Forgets nodes that are away for too long, by a wall clock that may jump. */
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Fleet } from './fleet.ts';

export interface ForgettingByAge {
  /** Nodes that are away for longer are forgotten; 0: none. */
  readonly days: number;
  readonly fleet: Pick<Fleet, 'expire'>;
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
  /** Milliseconds of a clock that never jumps. */
  readonly steadyMs: () => number;
  readonly logger: Pick<Logger, 'warn'>;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * @returns a function to call every hour, not at the start: after a long time without a controller
 * the nodes need time to connect. When the clock has jumped by more than an hour since the last
 * call, it may be wrong, so no node is forgotten for the whole time from then on.
 */
export function forgetOldNodes(given: ForgettingByAge): () => void {
  const { days, fleet, wallMs, steadyMs, logger } = given;
  let last = { wall: wallMs(), steady: steadyMs() };
  let notBefore = -Infinity;
  return () => {
    if (days === 0) return;
    const now = { wall: wallMs(), steady: steadyMs() };
    const jump = now.wall - last.wall - (now.steady - last.steady);
    last = now;
    if (Math.abs(jump) > hourMs) {
      notBefore = now.steady + days * dayMs;
      const hours = (jump / hourMs).toFixed(1);
      logger.warn(
        `the clock of this machine jumped by ${hours} hours: no node that is away is forgotten for ${String(days)} days`,
      );
    }
    if (now.steady >= notBefore) fleet.expire(new Date(now.wall - days * dayMs).toISOString());
  };
}
