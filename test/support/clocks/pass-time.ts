import type { ManualClock } from './manual-clock.ts';

/** Lets time pass in small steps, and everything end that becomes due in each of them. */
export async function passTime(clock: ManualClock, ms: number, stepMs = 250): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(stepMs);
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}
