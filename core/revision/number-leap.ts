/**
 * Limits for jumps in the numbers of a lineage. An accepted number refuses all below it, so a
 * single huge one, of a hostile controller or agent, would lock the rightful controller out for
 * good.
 *
 * A controller learns much smaller jumps than agents accept, so that the other agents accept its
 * next revision whatever one agent reports, also agents that missed a hundred revisions.
 */

/** An agent accepts a number at most so far above the last of the lineage. */
export const maxLeap = 1_000_000;
/** The largest first number of a lineage, so that there are numbers left. */
export const maxFirst = 2 ** 52;
/**
 * A controller believes its agents up to so far above its newest revision, because it may have been
 * restored from a backup.
 */
export const maxLearnt = 10_000;
/** The same limit for a controller that lost all its revisions. */
export const maxLearntAnew = 500_000;
