/**
 * How far numbers of a lineage may leap. A number once accepted keeps out all below it, so a single
 * absurd one, of a hostile controller or agent, would lock the rightful controller out for good.
 *
 * What a controller learns is far less than what agents take: whatever its agents tell it, the others
 * take its next revision, also those that missed a hundred of them.
 */

/** An agent takes a number at most so far above the last of the lineage. */
export const maxLeap = 1_000_000;
/** Above this even the first number of a lineage is absurd: there have to be numbers left. */
export const maxFirst = 2 ** 52;
/** A controller believes its agents so far above its newest revision: it may be of a backup. */
export const maxLearnt = 10_000;
/** The same for a controller that lost all its revisions. */
export const maxLearntAnew = 500_000;
