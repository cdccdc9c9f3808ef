/** The peers of this node: those that the configuration asks for, and their sessions in BIRD. */
import type { ResolvedPeer } from '../../../core/resolve/resolution.ts';
import { countSessions } from '../../../core/sessions/count-sessions.ts';
import type { SessionVerdict } from '../../../core/sessions/match-sessions.ts';
import type { BgpSession, ObservedDaemon } from '../../../core/sessions/session.ts';
import { jsonInTurns, type Reply } from '../../../runtime/http/route.ts';
import { flatMapInTurns, inTurns } from '../../../runtime/pacing/in-turns.ts';
import type { ReadingRoute, RouteContext } from '../routing/agent-route.ts';
import type { Readings } from '../../app/status/readings.ts';
import type { SessionsReport } from '../../app/sessions/observe-sessions.ts';

export function peersRoute({ shared }: RouteContext): ReadingRoute {
  return {
    method: 'GET',
    path: '/v1/peers',
    access: 'read',
    handle: shared(({ readings }) => getPeers(readings)),
  };
}

async function getPeers(readings: Readings): Promise<Reply> {
  const node = readings.facts().name;
  const resolution = readings.derived()?.resolution;
  if (resolution === undefined) return jsonInTurns({ node, peers: [], others: [], daemons: [] });
  const { asNumber, routeReflectorClusterId, peers } = resolution;
  const report = await readings.sessions();
  const now = Date.parse(report.at);
  const own = new Map<string, SessionVerdict>();
  await inTurns(report.verdicts, (verdict) => {
    if (verdict.expected?.origin === 'configuration') own.set(keyOf(verdict.expected), verdict);
  });
  return jsonInTurns({
    node,
    ...(asNumber !== undefined && { asNumber: asNumber.value }),
    ...(routeReflectorClusterId !== undefined && {
      routeReflectorClusterId: routeReflectorClusterId.value,
    }),
    peers: await flatMapInTurns(peers, (peer) => peerOf(peer, own.get(keyOf(peer)), now)),
    others: await flatMapInTurns(report.verdicts, (verdict) =>
      verdict.expected?.origin === 'configuration' ? [] : otherOf(verdict, now),
    ),
    daemons: report.daemons.map(daemonOf),
    ...countOf(report),
  });
}

function keyOf({
  port,
  ...peer
}: { readonly port?: number } & (ResolvedPeer | { readonly neighbor: string })): string {
  const address = 'neighbor' in peer ? peer.neighbor : peer.address;
  return `${address} ${String(port)}`;
}

function countOf({ daemons, verdicts, oddRoutes }: SessionsReport): object {
  return daemons.length === 0 ? {} : { sessions: countSessions(verdicts, oddRoutes) };
}

function peerOf(
  { address, port, asNumber, reasons }: ResolvedPeer,
  verdict: SessionVerdict | undefined,
  now: number,
): object {
  const session =
    verdict === undefined
      ? { verdict: 'unknown', why: "this node has no address of the peer's family" }
      : sessionOf(verdict, now);
  return { address, ...(port !== undefined && { port }), asNumber, reasons, session };
}

/** A session that this node's configuration does not ask for. */
function otherOf(verdict: SessionVerdict, now: number): object {
  const { neighbor, port, expected, observed } = verdict;
  return {
    ...(neighbor !== undefined && { address: neighbor }),
    ...(port !== undefined && { port }),
    ...(observed?.remoteAs !== undefined && { asNumber: observed.remoteAs }),
    ...(expected !== undefined && { origin: expected.origin }),
    ...(expected?.node !== undefined && { node: expected.node }),
    session: sessionOf(verdict, now),
  };
}

function sessionOf({ verdict, code, why, observed }: SessionVerdict, now: number): object {
  return {
    verdict,
    ...(code !== undefined && { code }),
    ...(why !== undefined && { why }),
    ...(observed !== undefined && observedOf(observed, now)),
  };
}

function observedOf(session: BgpSession, now: number): object {
  const { name, state, since, remoteAs, localAs, lastError, holdTimer, sourceAddress } = session;
  return {
    name,
    state,
    ...(since !== undefined && { since: timeOf(since.seconds, since.isDay, now) }),
    ...(remoteAs !== undefined && { remoteAs }),
    ...(localAs !== undefined && { localAs }),
    channels: session.channels,
    ...(lastError !== undefined && { lastError }),
    ...(holdTimer !== undefined && { holdTimer }),
    ...(sourceAddress !== undefined && { sourceAddress }),
  };
}

/** A time, or only the day where BIRD gives no more. */
function timeOf(secondsAgo: number, isDay: boolean, now: number): string {
  const text = new Date(Math.floor(now / 1000) * 1000 - secondsAgo * 1000).toISOString();
  return isDay ? text.slice(0, 10) : text.replace('.000Z', 'Z');
}

function daemonOf(daemon: ObservedDaemon): object {
  const { at, by } = daemon;
  const reporter = by === undefined ? {} : { by };
  if (!daemon.ok) return { at, ...reporter, why: daemon.why };
  const { version, routerId, activity, isRecovering, reconfigured } = daemon.status;
  return {
    at,
    ...reporter,
    version,
    routerId,
    activity,
    isRecovering,
    routes: daemon.routes,
    ...(reconfigured !== undefined && { reconfiguredSecondsAgo: reconfigured.seconds }),
  };
}
