/** CLOCK_MONOTONIC, which nobody can set, and Linux' ID of the boot from which it counts. */
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import type { BootClock } from '../../ports/boot-clock.ts';

const bootIdFile = '/proc/sys/kernel/random/boot_id';

/** If the boot has no ID, each process counts as a boot, so that deadlines end with the process. */
export function createBootClock(file = bootIdFile): BootClock {
  const bootId = readBootId(file) ?? randomUUID();
  return { now: () => ({ bootId, ms: Number(process.hrtime.bigint() / 1_000_000n) }) };
}

function readBootId(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'latin1').trim();
    return /^[0-9a-f-]{36}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
