import type { BootTime } from '../../core/confirm/deadline.ts';

/** The kernel's clock, which goes on while the agent does not, and the boot that it belongs to. */
export interface BootClock {
  now(): BootTime;
}
