import type { BootTime } from '../../core/confirm/deadline.ts';

/** The kernel's clock, which runs also while the agent does not, and the ID of its boot. */
export interface BootClock {
  now(): BootTime;
}
