import type { SessionVerdict } from './match-sessions.ts';

const missing: ReadonlySet<SessionVerdict['verdict']> = new Set(['differs', 'down', 'missing']);

/**
 * Whether a session that shall be there is not. What could not be read is not missing. Nor is a mesh
 * session that BIRD holds back while a peer's session to the same address stands: the neighbour is
 * reached, and the mesh session begins when the peer goes.
 */
export function isMissing({ verdict, code, expected }: SessionVerdict): boolean {
  return missing.has(verdict) && !(code === 'held-back' && expected?.origin === 'mesh');
}
