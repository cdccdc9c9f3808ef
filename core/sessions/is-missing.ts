import type { SessionVerdict } from './match-sessions.ts';

const missing: ReadonlySet<SessionVerdict['verdict']> = new Set(['differs', 'down', 'missing']);

/**
 * Whether a session that shall be there is not. What could not be read is not missing. Nor is one that
 * BIRD holds back while another one to the same address stands: the neighbour is reached, and it begins
 * when the other one goes. A peer of the configuration has to prove itself all the same.
 */
export function isMissing(one: SessionVerdict): boolean {
  return missing.has(one.verdict) && !isCovered(one);
}

function isCovered({ code, expected }: SessionVerdict): boolean {
  const origin = expected?.origin;
  if (code === 'covered') return origin !== 'configuration';
  // What holds a session of the mesh back is a peer's, and is missing itself as long as it is down.
  return code === 'held-back' && origin === 'mesh';
}
