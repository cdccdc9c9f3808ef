/** Deadlines that survive the agent's process, and end with the boot of the machine. */
import type { StoredDeadline } from '../../schemas/generated/agent-state.ts';

/** The kernel's monotonic clock. */
export interface BootTime {
  readonly bootId: string;
  readonly ms: number;
}

export function deadlineIn(now: BootTime, seconds: number): StoredDeadline {
  return { bootId: now.bootId, atMs: now.ms + seconds * 1000 };
}

/**
 * The ms that are left; 0: the deadline has passed, or the machine was restarted.
 * @param seconds the whole time, which is the most that can be left, whatever the file has
 */
export function msLeft({ bootId, atMs }: StoredDeadline, now: BootTime, seconds: number): number {
  if (bootId !== now.bootId) return 0;
  return Math.min(Math.max(0, atMs - now.ms), seconds * 1000);
}

export function isOfThisBoot({ bootId }: StoredDeadline, now: BootTime): boolean {
  return bootId === now.bootId;
}
