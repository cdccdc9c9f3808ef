import type { ManualClock } from './manual-clock.ts';

/**
 * Lets time pass in small steps, and everything end that becomes due in each of them.
 * @param turns of the event loop in each step; work that is done in parts needs more
 */
export async function passTime(
  clock: ManualClock,
  ms: number,
  stepMs = 250,
  turns = 4,
): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(stepMs);
    for (let turn = 0; turn < turns; turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
  }
}
