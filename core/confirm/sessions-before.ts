/** How the sessions of a node were before a change. */
import type { ExpectedSession } from '../sessions/expected-sessions.ts';
import type { SessionVerdict } from '../sessions/match-sessions.ts';
import { isMissing } from '../sessions/is-missing.ts';
import type { Baseline } from './baseline.ts';

export interface SessionsBefore {
  /** Whether the same session was Established; undefined: it was not there, or nobody knows. */
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
    // Of a session that calico-node reported only the neighbour is known.
    wasUp: (verdict) => known.get(keyOf(verdict)) ?? known.get(verdict.neighbor ?? ''),
    wasAnyUp: sessions.some(({ established }) => established),
  };
}

/** The expected AS number decides: with another one than before it is another session. */
function keyOf({ neighbor = '', port, expected, observed }: SessionVerdict): string {
  return sessionKey(neighbor, port, expected?.remoteAs ?? observed?.remoteAs ?? 0);
}

function sessionKey(neighbor: string, port: number | undefined, remoteAs: number): string {
  return `${neighbor} ${String(port ?? 179)} ${String(remoteAs)}`;
}

export interface AwaitedSessions {
  /** Worst first, as they came. */
  readonly missing: readonly SessionVerdict[];
  /** They were down before the change as they are now, and nobody waits for them. */
  readonly downBefore: readonly SessionVerdict[];
}

/**
 * The sessions that a change has to wait for. One that was down before with the same expectation may
 * stay down for ever, so nobody waits for it, as long as another session of its kind stands: a mesh must
 * not go off for reflectors that no session reaches. A node that had no session has none to lose. Nor
 * does anybody wait for a session of the mesh that a peer of before keeps down until it goes.
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
 * BIRD gives a connection to the first session of its file with that address, and Calico writes them by
 * name (confd/pkg/backends/calico/bgp_processor.go): Global_ before Mesh_. Where the lock on the address
 * is the other one's, all connections are refused.
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
