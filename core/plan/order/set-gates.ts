/** The gates at which each step waits before it begins. */
import { byText } from '../../by-text.ts';
import { parsePeerIp } from '../../calico/neighbour.ts';
import type { Desired } from '../../render/desired.ts';
import type { Gate } from '../gate.ts';
import type { Change, Step } from '../plan.ts';
import type { PoolUsage } from '../../observe/observed.ts';
import type { Traffic } from '../traffic.ts';
import type { Phase, PhaseKey } from './phase.ts';

export interface GateContext {
  /** Absent: the plan does not reach a cluster, and waits for nothing. */
  readonly traffic?: Traffic;
  readonly desired: Desired;
  /** Addresses in use of deleted pools, as far as they were read. */
  readonly poolUsage?: readonly PoolUsage[];
}

/** BIRD connects again after 5 s at the latest, and sessions that collide flap for up to 14 s. */
const sessionWait = { stableSeconds: 10, withinSeconds: 120 } as const;
const guardSeconds = 60;
const routeSeconds = 120;
/** Longer than a node waits for its sessions, because its own step may come before this one. */
const writtenSeconds = 180;
const poolSeconds = 600;
/** For a longer list the condition is about all sessions. */
const maxNamed = 10;

export function setGates(phases: readonly Phase[], context: GateContext): readonly Step[] {
  const { traffic } = context;
  const addresses = peerAddresses(context.desired);
  return phases.map(({ key, title, why, changes }) => {
    const wait = waits[key];
    const gates =
      traffic === undefined
        ? []
        : [
            ...(traffic.guards && wait !== 'for-pools' && wait !== 'for-nothing' ? [guarding] : []),
            ...(wait === 'for-sessions'
              ? sessionGates(changes, addresses, waitsForRoutes(key, context.desired))
              : []),
            ...(wait === 'for-pools' ? poolGates(changes, context) : []),
          ];
    return { title, why, gates, changes };
  });
}

/** A step that may lose sessions needs guard routes; one that removes paths needs the new ones. */
const waits: Readonly<
  Record<PhaseKey, 'for-nothing' | 'for-guards' | 'for-sessions' | 'for-pools'>
> = {
  pools: 'for-nothing',
  encapsulation: 'for-guards',
  nodes: 'for-guards',
  peers: 'for-guards',
  configuration: 'for-guards',
  reflectors: 'for-guards',
  'mesh-off': 'for-sessions',
  'encapsulation-by-bgp': 'for-sessions',
  'plain-nodes': 'for-sessions',
  removals: 'for-sessions',
  'pool-deletions': 'for-pools',
};

const guarding: Gate = { kind: 'fleet-guarding', withinSeconds: guardSeconds };

/**
 * Cluster-wide changes, and a cluster ID on which all nodes depend, wait for all nodes. A node's
 * own peers and labels wait for this node only. Sessions alone do not show that a path may be
 * removed: as long as a node is a reflector, its sessions are up through the very peers that are
 * removed.
 */
function sessionGates(
  changes: readonly Change[],
  to: readonly string[] | undefined,
  needsRoutes: boolean,
): Gate[] {
  const { stableSeconds } = sessionWait;
  const condition = { ...sessionWait, ...(to !== undefined && { to }) };
  if (!changes.some(concernsFleet)) return [{ kind: 'node-sessions', ...condition }];
  const written = changes.some(isOfCluster)
    ? [{ kind: 'fleet-written', stableSeconds, withinSeconds: writtenSeconds } as const]
    : [];
  return [
    ...written,
    { kind: 'fleet-sessions', ...condition },
    ...(needsRoutes ? [{ kind: 'fleet-routes', withinSeconds: routeSeconds } as const] : []),
  ];
}

/**
 * Whether to wait for routes. Back in the mesh, a peer may keep the session of the mesh down, and
 * with it the routes, until the peer is deleted: core/confirm/sessions-before.ts.
 */
function waitsForRoutes(key: PhaseKey, { resources }: Desired): boolean {
  const isMeshed = resources.some(
    ({ resource }) =>
      resource.kind === 'BGPConfiguration' && resource.spec.nodeToNodeMeshEnabled === true,
  );
  return key !== 'removals' || !isMeshed;
}

function concernsFleet(change: Change): boolean {
  if (change.action !== 'patch-node') return isOfCluster(change);
  return change.fields.some(({ path }) => path === 'routeReflectorClusterID');
}

function isOfCluster(change: Change): boolean {
  return 'scope' in change && change.scope.kind === 'cluster';
}

/** The neighbours of the desired peers; undefined: none, or too many to name. */
function peerAddresses({ resources }: Desired): readonly string[] | undefined {
  const addresses = new Set(
    resources.flatMap(({ resource }) =>
      resource.kind === 'BGPPeer' ? [parsePeerIp(resource.spec.peerIP).address] : [],
    ),
  );
  return addresses.size === 0 || addresses.size > maxNamed
    ? undefined
    : [...addresses].toSorted(byText);
}

/**
 * Gates for deleted pools. A pool that the configuration deletes although its addresses are in use
 * does not wait.
 */
function poolGates(changes: readonly Change[], { desired, poolUsage }: GateContext): Gate[] {
  if (desired.unknownPools === 'delete-in-use' || poolUsage === undefined) return [];
  return changes.flatMap((change): Gate[] =>
    change.action === 'delete' && change.before.kind === 'IPPool'
      ? [{ kind: 'pool-free', cidr: change.before.spec.cidr, withinSeconds: poolSeconds }]
      : [],
  );
}
