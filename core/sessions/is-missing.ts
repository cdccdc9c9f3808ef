import type { SessionVerdict } from './match-sessions.ts';

const missing: ReadonlySet<SessionVerdict['verdict']> = new Set(['differs', 'down', 'missing']);

/**
 * Whether an expected session is missing. A session that could not be read is not missing. Nor is
 * one that BIRD holds back while another one to the same address is Established: the neighbour is
 * reached, and the session begins when the other one ends. A peer of the configuration has to be
 * Established itself, unless the other session is of the mesh, which ends with a later revision.
 */
export function isMissing(one: SessionVerdict): boolean {
  return missing.has(one.verdict) && one.isLater !== true && !isCovered(one);
}

function isCovered({ code, expected }: SessionVerdict): boolean {
  const origin = expected?.origin;
  if (code === 'covered') return origin !== 'configuration';
  // A peer's session holds this one of the mesh back, and counts as missing itself as long as it is
  // down.
  return code === 'held-back' && origin === 'mesh';
}
