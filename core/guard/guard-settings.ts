/** Which table and rules the guard uses, and how the agent recognises its own. */

export interface GuardSettings {
  /** Number of the routing table that holds the copies. */
  readonly table: number;
  /** Number of the first of the two rules; the second one has the next number. */
  readonly priority: number;
}

/**
 * The rules stand right before the kernel's own rule for the main table (32766). Every rule that
 * somebody else made is so asked before them, and keeps its meaning.
 */
export const usualGuard: GuardSettings = { table: 4711, priority: 32_764 };

/** RTA_PROTOCOL and FRA_PROTOCOL of our routes and rules: above those that linux/rtnetlink.h names. */
export const guardProtocol = 203;

/** RTPROT_BIRD of linux/rtnetlink.h. */
export const birdProtocol = 12;

/** No guard stands for longer, whatever a change waits for. */
export const maxGuardSeconds = 600;

/**
 * Two routes of type throw in the table say when the guard began and until when it may stand, as
 * their metric: whole seconds since the boot. The kernel goes on with the next rule at a throw, so
 * they do nothing. What the kernel holds survives a kill -9 and a full disk, and ends with the boot.
 */
export const markers = { until: '255.255.255.255/32', since: '255.255.255.254/32' } as const;
