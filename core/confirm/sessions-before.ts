/** The sessions of a node before a change. */
import type { ExpectedSession } from '../sessions/expected-sessions.ts';
import type { SessionVerdict } from '../sessions/match-sessions.ts';
import { isMissing } from '../sessions/is-missing.ts';
import type { Baseline } from './baseline.ts';

export interface SessionsBefore {
  /** Whether the same session was Established; undefined: it did not exist, or it is not known. */
  wasUp(verdict: SessionVerdict): boolean | undefined;
  /** The node had an Established session to lose. */
  readonly wasAnyUp: boolean;
}

/** Absent sessions: BIRD could not be asked, and nothing is known of any. */
export function sessionsBefore({ sessions = [] }: Pick<Baseline, 'sessions'>): SessionsBefore {
  const known = new Map<string, boolean>();
  for (const { neighbor, port, remoteAs, established } of sessions) {
    const key = remoteAs === undefined ? neighbor : sessionKey(neighbor, port, remoteAs);
    known.set(key, known.get(key) === true || established);
  }
  return {
    // calico-node reports only the neighbour of a session.
    wasUp: (verdict) => known.get(keyOf(verdict)) ?? known.get(verdict.neighbor ?? ''),
    wasAnyUp: sessions.some(({ established }) => established),
  };
}

/**
 * The session's key. It has the expected AS number, because with another one it is another session.
 */
function keyOf({ neighbor = '', port, expected, observed }: SessionVerdict): string {
  return sessionKey(neighbor, port, expected?.remoteAs ?? observed?.remoteAs ?? 0);
}

function sessionKey(neighbor: string, port: number | undefined, remoteAs: number): string {
  return `${neighbor} ${String(port ?? 179)} ${String(remoteAs)}`;
}

export interface AwaitedSessions {
  /** Worst first, in the given order. */
  readonly missing: readonly SessionVerdict[];
  /** Sessions that were down before the change as well, and are not waited for. */
  readonly downBefore: readonly SessionVerdict[];
}

/**
 * The sessions for which a change has to wait. A session that was down before with the same
 * expectation may stay down for ever, so the change does not wait for it, as long as another
 * session of its kind is Established: a mesh must not be turned off for reflectors that no session
 * reaches. A node that had no session has none to lose. Nor does the change wait for a session of
 * the mesh that an old peer keeps down until it is deleted.
 * @param before absent: nobody observed the node before the change, and all sessions are waited for
 */
export function awaitedSessions(
  verdicts: readonly SessionVerdict[],
  before: Pick<Baseline, 'sessions'> | undefined,
): AwaitedSessions {
  const contested = contestedNeighbors(verdicts);
  const absent = verdicts.filter((one) => isMissing(one) && !contested.has(one.neighbor));
  if (before === undefined || absent.length === 0) return { missing: absent, downBefore: [] };
  const known = sessionsBefore(before);
  const standing = new Set(
    verdicts.filter(({ verdict }) => verdict === 'established').map(isOfMesh),
  );
  const isExcused = (one: SessionVerdict): boolean =>
    known.wasUp(one) === false && (standing.has(isOfMesh(one)) || !known.wasAnyUp);
  return {
    missing: absent.filter((one) => !isExcused(one)),
    downBefore: absent.filter(isExcused),
  };
}

/**
 * Neighbours with two sessions. BIRD gives a connection to the first session of its file with that
 * address, and Calico writes them by name (confd/pkg/backends/calico/bgp_processor.go): Global_
 * before Mesh_. If the other session has the lock on the address, all connections are refused.
 */
function contestedNeighbors(verdicts: readonly SessionVerdict[]): ReadonlySet<string | undefined> {
  const down = verdicts.filter(({ verdict }) => verdict === 'down');
  const ofOrigin = (origin: ExpectedSession['origin']): ReadonlySet<string | undefined> =>
    new Set(down.filter(({ expected }) => expected?.origin === origin).map((one) => one.neighbor));
  const ofPeers = ofOrigin('calico');
  return new Set([...ofOrigin('mesh')].filter((neighbor) => ofPeers.has(neighbor)));
}

function isOfMesh({ expected }: SessionVerdict): boolean {
  return expected?.origin === 'mesh';
}
