/** The table and the rules of the guard, and the marks by which the agent recognises its own. */

export interface GuardSettings {
  /** Number of the routing table that holds the copies. */
  readonly table: number;
  /** Number of the first of the two rules; the second one has the next number. */
  readonly priority: number;
}

/**
 * The rules come right before the kernel's own rule for the main table (32766), so that the kernel
 * asks the rules of other programs first, and these keep their meaning.
 */
export const usualGuard: GuardSettings = { table: 4711, priority: 32_764 };

/** RTA_PROTOCOL and FRA_PROTOCOL of our routes and rules: above those that linux/rtnetlink.h names. */
export const guardProtocol = 203;

/** RTPROT_BIRD of linux/rtnetlink.h. */
export const birdProtocol = 12;

/** The longest time for guard routes, however long a change waits. */
export const maxGuardSeconds = 600;

/**
 * Two routes of type throw in the table hold the guard's beginning and its deadline as their
 * metric, in whole seconds since the boot. At a throw the kernel goes on with the next rule, so
 * they have no effect on packets. Kept in the kernel, they survive a kill -9 and a full disk, and
 * end with the boot.
 */
export const markers = { until: '255.255.255.255/32', since: '255.255.255.254/32' } as const;
