import type { ManualClock } from './manual-clock.ts';

/** Some steps between two requests to the disk take only turns of the event loop. */
const quietTurns = 20;

/**
 * Waits until nothing reads or writes a file any more, then lets time pass until the next timer is
 * due. So no time passes during the work itself, which takes as long as the disk takes.
 */
export async function passToNextTimer(clock: ManualClock): Promise<void> {
  for (let quiet = 0; quiet < quietTurns || clock.waiting().length === 0; quiet += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (process.getActiveResourcesInfo().some((name) => /req/i.test(name))) quiet = 0;
  }
  clock.advance(Math.max(0, Math.min(...clock.waiting())));
}
