/**
 * Reads a CalicoNodeStatus, calico-node's report about its own BIRDs (calico: node/pkg/status). It
 * has neither AS numbers nor ports, timers or errors.
 */
import type { Family } from '../../config/model.ts';
import { parseAddress, withoutZone } from '../../config/net/address.ts';
import { listAt, textAt, textsAt, valueAt } from '../../input/plain-data.ts';
import { agoOf } from '../bird/bird-time.ts';
import {
  sessionStates,
  type BgpSession,
  type ObservedDaemon,
  type Read,
  type SessionState,
} from '../session.ts';
import { countRoutes, type RoutesByPeer } from './count-routes.ts';

export interface NodeStatusReport {
  /** Absent: calico-node has not reported yet. */
  readonly ageSeconds?: number;
  /** Empty: no BIRD of this node is ready, or there is no report. */
  readonly daemons: readonly ObservedDaemon[];
}

export interface NodeStatusContext {
  /** The name of the daemons. */
  readonly at: string;
  /** Milliseconds since 1970, by the clock of the node: calico-node runs there. */
  readonly now: number;
}

const by = 'calico-node';
const longestText = 100;
/** The limit of one answer of BIRD. */
const maxPeers = 20_000;

/** @param object the object from the Kubernetes API */
export function parseNodeStatus(object: unknown, { at, now }: NodeStatusContext): NodeStatusReport {
  const reported = Date.parse(textAt(object, 'status', 'lastUpdated') ?? '');
  if (Number.isNaN(reported)) return { daemons: [] };
  const ageSeconds = Math.max(0, Math.floor((now - reported) / 1000));
  const classes = textsAt(object, 'spec', 'classes');
  if (!classes.includes('Agent') || !classes.includes('BGP')) {
    const why = 'its spec.classes lacks Agent or BGP';
    return { ageSeconds, daemons: [{ ok: false, at, by, fault: 'unreadable', why }] };
  }
  const reading = { object, at, reported, ageSeconds };
  const daemons = ([4, 6] as const).flatMap((family) => daemonOf(reading, family));
  return { ageSeconds, daemons };
}

interface Reading {
  readonly object: unknown;
  readonly at: string;
  readonly reported: number;
  readonly ageSeconds: number;
}

/** The daemon of one family; empty: this BIRD is not ready, and its sessions are not known. */
function daemonOf(reading: Reading, family: Family): readonly ObservedDaemon[] {
  const { object, at } = reading;
  const agent = valueAt(object, 'status', 'agent', `birdV${family}`);
  if (textAt(agent, 'state') !== 'Ready') return [];
  const read = sessionsOf(reading, family);
  if (!read.ok) return [{ ok: false, at, family, by, fault: 'unreadable', why: read.why }];
  return [
    {
      ok: true,
      at,
      family,
      by,
      status: {
        version: clipped(textAt(agent, 'version')) ?? 'of an unknown version',
        routerId: clipped(textAt(agent, 'routerID')) ?? '',
        activity: 'running',
        isRecovering: false,
      },
      sessions: read.value,
      routes: listAt(object, 'status', 'routes', `routesV${family}`).length,
    },
  ];
}

/** A hostile writer of the object must not fill every status with it. */
function clipped(text: string | undefined): string | undefined {
  return text?.slice(0, longestText);
}

function sessionsOf(reading: Reading, family: Family): Read<readonly BgpSession[]> {
  const { object } = reading;
  if (isWiped(object, family)) {
    const why = 'calico-node cannot reach BIRD for IPv6, and reports no session of IPv4 either';
    return { ok: false, why };
  }
  const peers = listAt(object, 'status', 'bgp', `peersV${family}`);
  if (peers.length > maxPeers) return { ok: false, why: `it has more than ${maxPeers} peers` };
  const counts = countRoutes(listAt(object, 'status', 'routes', `routesV${family}`));
  const hasRoutes = textsAt(object, 'spec', 'classes').includes('Routes');
  const sessions = peers.map((peer) =>
    sessionOf(peer, { ...reading, family, ...(hasRoutes && { counts }) }),
  );
  const known = sessions.filter((session) => session !== undefined);
  return known.length === sessions.length
    ? { ok: true, value: known }
    : { ok: false, why: 'it has a peer that cannot be read' };
}

/**
 * Whether calico-node has emptied the report: if it cannot reach one BIRD, it empties the sessions
 * of both (populators/peers.go).
 */
function isWiped(object: unknown, family: Family): boolean {
  const other = valueAt(object, 'status', 'agent', `birdV${family === 4 ? 6 : 4}`);
  const has = (one: Family): boolean => listAt(object, 'status', 'bgp', `peersV${one}`).length > 0;
  return textAt(other, 'state') !== 'Ready' && !has(4) && !has(6);
}

interface PeerContext extends Reading {
  readonly family: Family;
  /** Absent: the object reports no routes. */
  readonly counts?: RoutesByPeer;
}

/**
 * The prefixes of Calico's names in BIRD, by which sessions of the mesh and of peers are told
 * apart.
 */
const prefixes: Readonly<Record<string, string>> = {
  NodeMesh: 'Mesh',
  NodePeer: 'Node',
  GlobalPeer: 'Global',
};

function sessionOf(peer: unknown, context: PeerContext): BgpSession | undefined {
  const { family, counts, reported, ageSeconds } = context;
  const parsed = parseAddress(withoutZone(textAt(peer, 'peerIP') ?? ''));
  const state = stateOf(textAt(peer, 'state'));
  const type = textAt(peer, 'type') ?? '';
  const prefix = Object.hasOwn(prefixes, type) ? prefixes[type] : undefined;
  if (!parsed.ok || state === undefined || prefix === undefined) return undefined;
  const neighbor = parsed.value.address;
  const since = agoOf(textAt(peer, 'since') ?? '', Math.floor(reported / 1000));
  const routes = counts?.get(neighbor) ?? { imported: 0, preferred: 0 };
  return {
    name: `${prefix}_${neighbor.replaceAll(/[.:]/g, '_')}`,
    isBrief: true,
    state,
    neighbor,
    ...(since !== undefined && { since: { ...since, seconds: since.seconds + ageSeconds } }),
    channels:
      counts === undefined || state !== 'Established' ? [] : [{ family, routes, limits: [] }],
  };
}

/**
 * The session's state. calico-node leaves out states that its API does not have, as BIRD's Passive.
 */
function stateOf(text: string | undefined): SessionState | undefined {
  if (text === undefined || text === '') return 'Passive';
  return sessionStates.find((known) => known === text);
}
