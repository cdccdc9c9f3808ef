const unwatchedMs = 60_000;

/**
 * The slow full re-read, each agent at a time of its own: what woke all of them at once would have
 * them read in step for ever. More often while nothing tells of changes.
 */
export function reReadMs(configuredMs: number, isWatching: boolean, random: number): number {
  const ms = isWatching ? configuredMs : Math.min(configuredMs, unwatchedMs);
  return Math.ceil(ms * (0.5 + random));
}
