/** The change of one node: its numbers, sessions, and the resources that its own agent writes. */
import type { BGPPeer } from '../calico/resource.ts';
import { groupBy } from '../group-by.ts';
import { isSameValue } from '../plan/diff/diff-resource.ts';
import type { DesiredResource } from '../render/desired.ts';
import type { Reason } from '../resolve/resolution.ts';
import { diffSessions, type MeshDifference, type SessionDifference } from './diff-sessions.ts';
import type { FleetState, NodeState } from './fleet-state.ts';

export interface NodeDifference {
  readonly before: NodeState | undefined;
  readonly after: NodeState;
  readonly asNumber: ValueDifference<number> | undefined;
  readonly routeReflectorClusterId: ValueDifference<string> | undefined;
  readonly sessions: SessionDifference;
  readonly resources: readonly ResourceDifference[];
}

export interface ValueDifference<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
  readonly reasons: readonly Reason[];
}

export interface ResourceDifference {
  readonly action: 'create' | 'update' | 'delete';
  readonly kind: string;
  readonly name: string;
  readonly why?: string;
  readonly fields: readonly FieldDifference[];
}

export interface FieldDifference {
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly reasons: readonly Reason[];
}

/** The differences of all nodes that change, in their order. */
export function diffNodes(
  before: FleetState | undefined,
  after: FleetState,
  mesh: MeshDifference,
): readonly NodeDifference[] {
  const earlier = new Map(before?.nodes.map((one) => [one.facts.name, one] as const));
  const [peersBefore, peersAfter] = [ownPeers(before), ownPeers(after)];
  return after.nodes
    .map((node): NodeDifference => {
      const { name } = node.facts;
      const was = earlier.get(name);
      return {
        before: was,
        after: node,
        asNumber: diffAsNumber(was, node),
        routeReflectorClusterId: diffClusterId(was, node),
        sessions: diffSessions(mesh, was, node),
        resources: [
          ...diffSettings(was, node),
          ...diffPeers(peersBefore.get(name) ?? [], peersAfter.get(name) ?? []),
        ],
      };
    })
    .filter(changesAnything);
}

function changesAnything(difference: NodeDifference): boolean {
  const { asNumber, routeReflectorClusterId, resources } = difference;
  const { gained, lost, changed } = sessionCounts(difference);
  const isValueSame = asNumber === undefined && routeReflectorClusterId === undefined;
  return !isValueSame || resources.length > 0 || gained + lost + changed > 0;
}

export function sessionCounts({ sessions }: Pick<NodeDifference, 'sessions'>): {
  readonly gained: number;
  readonly lost: number;
  readonly changed: number;
} {
  const { gained, lost, changed, mesh } = sessions;
  return {
    gained: gained.length + mesh.gained,
    lost: lost.length + mesh.lost,
    changed: changed.length + mesh.changed,
  };
}

function diffAsNumber(
  before: NodeState | undefined,
  { resolution, reasons }: NodeState,
): ValueDifference<number> | undefined {
  const was = before?.resolution.asNumber?.value;
  const is = resolution.asNumber;
  if (was === is?.value) return undefined;
  const why = is === undefined ? (reasons['asNumber'] ?? [noRule]) : [is.reason];
  return { before: was, after: is?.value, reasons: why };
}

function diffClusterId(
  before: NodeState | undefined,
  { resolution, reasons }: NodeState,
): ValueDifference<string> | undefined {
  const was = before?.resolution.routeReflectorClusterId?.value;
  const is = resolution.routeReflectorClusterId;
  if (was === is?.value) return undefined;
  const why = is === undefined ? (reasons['routeReflectorClusterID'] ?? [noRule]) : [is.reason];
  return { before: was, after: is?.value, reasons: why };
}

const noRule: Reason = { rule: 'no rule gives a value', place: { pointer: '' } };

/** The patch of the Node object; a Node is never made or deleted. */
function diffSettings(
  before: NodeState | undefined,
  { facts, settings, reasons }: NodeState,
): readonly ResourceDifference[] {
  const was = before?.settings ?? { groupLabels: [] };
  const fields = (['asNumber', 'routeReflectorClusterID', 'groupLabels'] as const).flatMap(
    (path): FieldDifference[] => {
      const [from, to] = [was[path] ?? undefined, settings[path] ?? undefined];
      if (JSON.stringify(from) === JSON.stringify(to)) return [];
      return [{ path, before: from, after: to, reasons: reasons[path] ?? [] }];
    },
  );
  if (fields.length === 0) return [];
  return [{ action: 'update', kind: 'Node', name: facts.name, fields }];
}

/** The BGPPeers of each node alone, which exist with `peering: per-node`. */
function ownPeers(state: FleetState | undefined): ReadonlyMap<string, readonly DesiredResource[]> {
  return groupBy(state?.desired.resources ?? [], ({ scope }) =>
    scope.kind === 'node' ? scope.node : undefined,
  );
}

function diffPeers(
  before: readonly DesiredResource[],
  after: readonly DesiredResource[],
): readonly ResourceDifference[] {
  const was = new Map(before.map((one) => [one.resource.metadata.name, one] as const));
  const is = new Map(after.map((one) => [one.resource.metadata.name, one] as const));
  return [
    ...after.flatMap((one) => diffResources(was.get(one.resource.metadata.name), one)),
    ...before
      .filter(({ resource }) => !is.has(resource.metadata.name))
      .map(({ resource }) => deleted(resource, 'no rule asks for it any more')),
  ];
}

/** @param before undefined: there is none, and it is created */
export function diffResources(
  before: DesiredResource | undefined,
  { resource, reasons }: DesiredResource,
): readonly ResourceDifference[] {
  const was: Readonly<Record<string, unknown>> = { ...before?.resource.spec };
  const is: Readonly<Record<string, unknown>> = { ...resource.spec };
  // A field that a peer does not have any more goes; that of a pool or BGPConfiguration stays.
  const gone = resource.kind === 'BGPPeer' ? Object.keys(was).filter((name) => !(name in is)) : [];
  const fields = [...Object.keys(is), ...gone].flatMap((name): FieldDifference[] => {
    if (before !== undefined && isSameValue(was[name], is[name])) return [];
    const path = `spec.${name}`;
    return [{ path, before: was[name], after: is[name], reasons: reasons[path] ?? [] }];
  });
  if (fields.length === 0) return [];
  const action = before === undefined ? 'create' : 'update';
  return [{ action, kind: resource.kind, name: resource.metadata.name, fields }];
}

export function deleted(
  { kind, metadata, spec }: DesiredResource['resource'] | BGPPeer,
  why: string,
): ResourceDifference {
  const fields = Object.entries(spec).map(([name, before]) => ({
    path: `spec.${name}`,
    before,
    reasons: [],
  }));
  return { action: 'delete', kind, name: metadata.name, why, fields };
}
