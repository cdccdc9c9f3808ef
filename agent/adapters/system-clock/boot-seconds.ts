import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** USER_HZ, the unit of /proc, on every architecture that Node runs on. */
const ticksPerSecond = 100;

/**
 * Seconds since the boot, the same for all processes of the machine, from the kernel's start time
 * of this process (proc(5), `starttime`). /proc/uptime does not fit: lxcfs replaces it in a
 * container, and a unit with ProtectProc= sees the machine's.
 */
export function createBootSeconds(file = '/proc/self/stat'): () => number {
  const startedAt = readStart(file);
  return startedAt === undefined ? uptime : () => startedAt + process.uptime();
}

function readStart(file: string): number | undefined {
  try {
    const text = readFileSync(file, 'latin1');
    // The second field is the program's name in parentheses, which may have spaces; the first one
    // behind it is the third.
    const ticks = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[22 - 3]);
    return Number.isInteger(ticks) ? ticks / ticksPerSecond : undefined;
  } catch {
    return undefined;
  }
}
