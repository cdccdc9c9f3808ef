/** The sessions that a node gains, loses, or has in another way. */
import { familyOf } from '../sessions/expected-sessions.ts';
import type { Family } from '../config/model.ts';
import type { NodeState } from './fleet-state.ts';
import {
  families,
  sessionKey,
  type FleetSessionMap,
  type MeshMember,
  type PeerSession,
} from './node-sessions.ts';

/** A session of one node; `mesh`: it is one of Calico's mesh. */
export type AnySession = PeerSession | MeshSession;

interface MeshSession extends Omit<PeerSession, 'origin'> {
  readonly origin: 'mesh';
}

export interface SessionChange {
  readonly before: AnySession;
  readonly after: AnySession;
}

export interface SessionDifference {
  /** Those that are not of the mesh alone. */
  readonly gained: readonly AnySession[];
  readonly lost: readonly AnySession[];
  readonly changed: readonly SessionChange[];
  /** The numbers of those that are of the mesh, before or after, and nothing else. */
  readonly mesh: MeshCounts;
}

export interface MeshCounts {
  readonly gained: number;
  readonly lost: number;
  readonly changed: number;
}

/** The mesh before and after, compared once for all nodes. */
export interface MeshDifference {
  readonly before: FleetSessionMap;
  readonly after: FleetSessionMap;
  readonly of: Readonly<Record<Family, FamilyMesh>>;
}

interface FamilyMesh {
  /** Members before and after. */
  readonly common: number;
  /** Those of them that have another AS number. */
  readonly renumbered: ReadonlySet<string>;
  /**
   * Those of `renumbered` that had no number of their own, or have none any more, by the other
   * number. For a neighbour with this number nothing changes.
   */
  readonly renumberedFor: ReadonlyMap<number, ReadonlySet<string>>;
}

export function meshDifference(before: FleetSessionMap, after: FleetSessionMap): MeshDifference {
  const compared = (family: Family): FamilyMesh => {
    const common = [...after.mesh[family]].filter(([address]) => before.mesh[family].has(address));
    const renumbered = new Set<string>();
    const renumberedFor = new Map<number, Set<string>>();
    for (const [address, { asNumber: is }] of common) {
      const was = before.mesh[family].get(address)?.asNumber;
      if (was === is) continue;
      renumbered.add(address);
      const only = was === undefined ? is : was;
      if (only === undefined || (was !== undefined && is !== undefined)) continue;
      const alike = renumberedFor.get(only) ?? new Set();
      renumberedFor.set(only, alike.add(address));
    }
    return { common: common.length, renumbered, renumberedFor };
  };
  return { before, after, of: { 4: compared(4), 6: compared(6) } };
}

/** @param before the node's state; undefined: nothing is known of it */
export function diffSessions(
  mesh: MeshDifference,
  before: NodeState | undefined,
  after: NodeState,
): SessionDifference {
  const peersBefore = before === undefined ? noPeers : mesh.before.peersOf(before);
  const peersAfter = mesh.after.peersOf(after);
  const ends = { before, after };
  const keys = new Set([...peersBefore.keys(), ...peersAfter.keys()]);
  const gained: AnySession[] = [];
  const lost: AnySession[] = [];
  const changed: SessionChange[] = [];
  for (const key of keys) {
    const was = peersBefore.get(key) ?? meshSession(mesh.before, before, key);
    const is = peersAfter.get(key) ?? meshSession(mesh.after, after, key);
    if (was === undefined && is !== undefined) gained.push(is);
    if (was !== undefined && is === undefined) lost.push(was);
    if (was !== undefined && is !== undefined && !isSame(was, is)) {
      changed.push({ before: was, after: is });
    }
  }
  return { gained, lost, changed, mesh: meshCounts(mesh, ends, keys) };
}

const noPeers: ReadonlyMap<string, PeerSession> = new Map();

function isSame(one: AnySession, other: AnySession): boolean {
  return (
    one.origin === other.origin && one.localAs === other.localAs && one.remoteAs === other.remoteAs
  );
}

/** The node's mesh session with the address; undefined: it has none. */
function meshSession(
  map: FleetSessionMap,
  node: NodeState | undefined,
  address: string,
): MeshSession | undefined {
  const family = familyOf(address);
  const member = map.mesh[family].get(address);
  if (node === undefined || member === undefined || !hasFamily(map, node, family)) return undefined;
  return member.node === node.facts.name ? undefined : meshWith(node, address, family, member);
}

function meshWith(
  { resolution }: NodeState,
  neighbor: string,
  family: Family,
  { asNumber }: MeshMember,
): MeshSession {
  const localAs = resolution.asNumber?.value;
  const remoteAs = asNumber ?? localAs;
  return { neighbor, family, localAs, remoteAs, origin: 'mesh', reasons: [] };
}

/** Whether the node has mesh sessions of the family; without a known address it may have both. */
function hasFamily(map: FleetSessionMap, node: NodeState | undefined, family: Family): boolean {
  if (node === undefined || !map.isMeshed(node)) return false;
  const { addresses } = node.facts;
  return addresses.length === 0 || addresses.some((one) => one.family === family);
}

interface Ends {
  readonly before: NodeState | undefined;
  readonly after: NodeState;
}

/** @param peers keys of sessions that count elsewhere */
function meshCounts(mesh: MeshDifference, ends: Ends, peers: ReadonlySet<string>): MeshCounts {
  const sum = { gained: 0, lost: 0, changed: 0 };
  for (const family of families) {
    const [was, is] = [
      hasFamily(mesh.before, ends.before, family),
      hasFamily(mesh.after, ends.after, family),
    ];
    if (!was && !is) continue;
    const { common } = mesh.of[family];
    const [before, after] = [mesh.before.mesh[family], mesh.after.mesh[family]];
    const apart = apartFrom(ends.after, peers, family);
    const [inBefore, inAfter] = [
      apart.filter((one) => before.has(one)),
      apart.filter((one) => after.has(one)),
    ];
    const inBoth = inBefore.filter((one) => after.has(one)).length;
    const left = common - inBoth;
    if (is) sum.gained += after.size - inAfter.length - (was ? left : 0);
    if (was) sum.lost += before.size - inBefore.length - (is ? left : 0);
    if (!was || !is) continue;
    sum.changed += isRenumbered(ends) ? left : renumberedBeside(mesh.of[family], ends.after, apart);
  }
  return sum;
}

/** The number of mesh neighbours that get another AS number, for a node that keeps its own. */
function renumberedBeside(
  { renumbered, renumberedFor }: FamilyMesh,
  { resolution }: NodeState,
  apart: readonly string[],
): number {
  const own = resolution.asNumber?.value;
  const same = own === undefined ? undefined : renumberedFor.get(own);
  const others = apart.filter((one) => renumbered.has(one) && same?.has(one) !== true).length;
  return renumbered.size - (same?.size ?? 0) - others;
}

/** Addresses that are no mesh neighbours of the node: its own, and those that count elsewhere. */
function apartFrom(
  { facts }: NodeState,
  peers: ReadonlySet<string>,
  family: Family,
): readonly string[] {
  const own = facts.addresses.filter((one) => one.family === family);
  const others = [...peers].filter((key) => !key.includes(' ') && familyOf(key) === family);
  return [...new Set([...own.map(({ address }) => address), ...others])];
}

function isRenumbered({ before, after }: Ends): boolean {
  return before?.resolution.asNumber?.value !== after.resolution.asNumber?.value;
}

/** The changes of the mesh one by one, for a node of which all of them are shown. */
export function* meshChanges(
  mesh: MeshDifference,
  before: NodeState | undefined,
  after: NodeState,
): Generator<{ readonly before?: AnySession; readonly after?: AnySession }, void> {
  const peers = new Set([
    ...(before === undefined ? [] : mesh.before.peersOf(before).keys()),
    ...mesh.after.peersOf(after).keys(),
  ]);
  for (const family of families) {
    const addresses = new Set([
      ...mesh.before.mesh[family].keys(),
      ...mesh.after.mesh[family].keys(),
    ]);
    for (const address of addresses) {
      if (peers.has(sessionKey({ neighbor: address }))) continue;
      const was = meshSession(mesh.before, before, address);
      const is = meshSession(mesh.after, after, address);
      if (was === undefined && is === undefined) continue;
      if (was !== undefined && is !== undefined && isSame(was, is)) continue;
      yield { ...(was && { before: was }), ...(is && { after: is }) };
    }
  }
}
