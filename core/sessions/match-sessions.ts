/** Compares the expected sessions with those of BIRD, and gives one verdict for each. */
import {
  expectedSessions,
  familyOf,
  type Expectations,
  type ExpectedSession,
} from './expected-sessions.ts';
import { explainDown, isDisagreement, type DownCode } from './explain-down.ts';
import { whyMissing, whyUnknown } from './explain-missing.ts';
import { portOf, type BgpSession, type ObservedDaemon } from './session.ts';

/**
 * established: as expected. differs: Established, but with another AS number than expected. down:
 * BIRD has it, and it is not Established. missing: BIRD does not have it. unexpected: BIRD has it,
 * but nothing asks for it. unknown: BIRD could not be asked.
 */
export type Verdict = 'established' | 'differs' | 'down' | 'missing' | 'unexpected' | 'unknown';

export interface SessionVerdict {
  /** Absent: BIRD waits for neighbours of a whole network. */
  readonly neighbor?: string;
  readonly port?: number;
  readonly expected?: ExpectedSession;
  readonly observed?: BgpSession;
  readonly verdict: Verdict;
  /** Only with the verdict down. */
  readonly code?: DownCode;
  /**
   * The mesh has an Established session to this neighbour, and a later revision ends it: this one
   * cannot begin before.
   */
  readonly isLater?: true;
  /** A clause; absent: the session is as expected. */
  readonly why?: string;
}

export interface SessionMatching extends Expectations {
  readonly daemons: readonly ObservedDaemon[];
  /** BGPPeers outside of the configuration that may concern this node; absent: they were not read. */
  readonly byOthers?: readonly string[];
  /**
   * Seconds since the accepted configuration was written for this node; absent: it was not written
   * yet.
   */
  readonly appliedSeconds?: number;
  /** False: the configuration is only written to files. */
  readonly reachesCluster: boolean;
}

/**
 * The verdicts, worst first, and of those that are down the ones that no waiting brings up; equally
 * bad ones by family and neighbour, in the given order.
 */
export function matchSessions(matching: SessionMatching): readonly SessionVerdict[] {
  const matched = matchSessionsInParts(matching);
  let step = matched.next();
  while (step.done !== true) step = matched.next();
  return step.value;
}

/** As matchSessions, with a rest after each session in which other work may be done. */
export function* matchSessionsInParts(
  matching: SessionMatching,
): Generator<undefined, readonly SessionVerdict[]> {
  const at = yield* byNeighbor(matching.daemons);
  const taken = new Set<BgpSession>();
  const matched = new Map<Verdict, SessionVerdict[]>(worstFirst.map((verdict) => [verdict, []]));
  const add = (one: SessionVerdict): void => void matched.get(one.verdict)?.push(one);
  for (const session of expectedSessions(matching)) {
    const all = at.get(session.neighbor) ?? [];
    const found = findObserved(
      session,
      all.filter((one) => !taken.has(one)),
    );
    if (found !== undefined) taken.add(found);
    add(found === undefined ? missing(session, matching) : judge(session, found, all, matching));
    yield;
  }
  for (const session of sessionsOf(matching.daemons)) {
    if (!taken.has(session)) {
      add(judgeOther(session, at.get(session.neighbor ?? '') ?? [], matching));
    }
    yield;
  }
  return [...matched].flatMap(([verdict, all]) =>
    verdict === 'down'
      ? [...all.filter(isDisagreement), ...all.filter((one) => !isDisagreement(one))]
      : all,
  );
}

function* sessionsOf(daemons: readonly ObservedDaemon[]): Generator<BgpSession, void> {
  for (const daemon of daemons) if (daemon.ok) yield* daemon.sessions;
}

/** The sessions by neighbour; leaves out sessions for a whole network, which have none. */
function* byNeighbor(
  daemons: readonly ObservedDaemon[],
): Generator<undefined, ReadonlyMap<string, readonly BgpSession[]>> {
  const groups = new Map<string, BgpSession[]>();
  for (const session of sessionsOf(daemons)) {
    const { neighbor } = session;
    const group = neighbor === undefined ? undefined : groups.get(neighbor);
    if (group !== undefined) group.push(session);
    else if (neighbor !== undefined) groups.set(neighbor, [session]);
    yield;
  }
  return groups;
}

const worstFirst: readonly Verdict[] = [
  'differs',
  'missing',
  'down',
  'unknown',
  'unexpected',
  'established',
];

const meshName = /^Mesh_/;
const calicoName = /^(?:Mesh|Global|Node)_/;

/**
 * Finds BIRD's session for an expected one. Calico gives a session of the mesh and one of a BGPPeer
 * different names, and BIRD has both if both are configured. A peer without a port may have the
 * port of the node that it is.
 */
function findObserved(
  { port, origin }: ExpectedSession,
  sessions: readonly BgpSession[],
): BgpSession | undefined {
  const fitting = sessions.filter(
    ({ name }) => !calicoName.test(name) || meshName.test(name) === (origin === 'mesh'),
  );
  const samePort = fitting.find(
    (session) => session.isBrief === true || (portOf(session) ?? 179) === (port ?? 179),
  );
  return samePort ?? (port === undefined ? fitting[0] : undefined);
}

function judge(
  expected: ExpectedSession,
  session: BgpSession,
  others: readonly BgpSession[],
  { nodes, resolution, isMeshLater }: SessionMatching,
): SessionVerdict {
  const { remoteAs, neighbor } = expected;
  const port = portOf(session) ?? expected.port;
  const base = {
    expected,
    observed: session,
    neighbor,
    ...(port !== undefined && { port }),
  };
  const other = session.remoteAs === remoteAs ? undefined : session.remoteAs;
  const differs = remoteAs === undefined ? undefined : other;
  if (session.state === 'Established') {
    if (differs === undefined) return { ...base, verdict: 'established' };
    const why = `it is Established with AS ${differs} instead of ${remoteAs}`;
    return { ...base, verdict: 'differs', why };
  }
  const neighborsAs = nodes?.get(neighbor)?.asNumber;
  const ownAs = resolution.asNumber?.value;
  const { code, why } = explainDown(session, {
    others,
    ...(ownAs !== undefined && { ownAs }),
    ...(port !== undefined && { port }),
    ...(neighborsAs !== undefined && { neighborsAs }),
  });
  const also =
    differs === undefined ? '' : `; BIRD has AS ${differs} for it instead of ${remoteAs}`;
  const isLater = isMeshLater === true && code === 'covered' && others.some(isUpInMesh);
  const until = isLater ? ', until the cluster-wide resources change' : '';
  return {
    ...base,
    verdict: 'down',
    code,
    why: why + until + also,
    ...(isLater && { isLater }),
  };
}

function isUpInMesh({ name, state }: BgpSession): boolean {
  return meshName.test(name) && state === 'Established';
}

/** Judges a session that this node's configuration does not ask for. */
function judgeOther(
  session: BgpSession,
  others: readonly BgpSession[],
  matching: SessionMatching,
): SessionVerdict {
  const { neighbor } = session;
  const base = { observed: session, ...(neighbor !== undefined && { neighbor }) };
  const why = whyUnexpected(session, matching);
  if (why !== undefined) return { ...base, verdict: 'unexpected', why };
  if (neighbor === undefined) return { ...base, verdict: 'established' };
  const node = matching.nodes?.get(neighbor)?.name;
  const expected: ExpectedSession = {
    neighbor,
    family: familyOf(neighbor),
    origin: meshName.test(session.name) ? 'mesh' : 'calico',
    ...(node !== undefined && { node }),
  };
  return judge(expected, session, others, matching);
}

/** Why the session is unexpected; undefined: another object asks for it, or may do so. */
function whyUnexpected(
  { name, neighbor }: BgpSession,
  { mesh, resolution, nodes, byOthers }: SessionMatching,
): string | undefined {
  if (!calicoName.test(name)) return 'it is not made by Calico';
  if (meshName.test(name)) {
    if (resolution.routeReflectorClusterId !== undefined) {
      return 'this node has a cluster ID, which takes it out of the mesh';
    }
    return mesh === false ? 'the mesh is off' : undefined;
  }
  // Calico mirrors the peers of other nodes (confd/pkg/backends/calico/bgp_processor.go).
  if (nodes === undefined || nodes.has(neighbor ?? '')) return undefined;
  return byOthers?.length === 0 ? 'no configuration asks for it' : undefined;
}

function missing(expected: ExpectedSession, matching: SessionMatching): SessionVerdict {
  const { neighbor, port, family } = expected;
  const base = { neighbor, expected, ...(port !== undefined && { port }) };
  const unknown = whyUnknown(family, matching.daemons);
  if (unknown !== undefined) return { ...base, verdict: 'unknown', why: unknown };
  return { ...base, verdict: 'missing', why: whyMissing(matching) };
}
