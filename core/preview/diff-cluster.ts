/** The changes of the resources for all nodes, and the settings that only stay. */
import type { Kept } from '../../schemas/generated/fleet-preview.ts';
import { byText } from '../by-text.ts';
import { objectKey, type CalicoResource } from '../calico/resource.ts';
import type { NetworkModel } from '../config/model.ts';
import type { Issue } from '../issue.ts';
import { findDeletions } from '../plan/find-deletions.ts';
import { matchObserved } from '../plan/diff/match-observed.ts';
import { immutableFields } from '../plan/pools/pool-faults.ts';
import type { Observed } from '../observe/observed.ts';
import type { Desired } from '../render/desired.ts';
import { deleted, diffResources, type ResourceDifference } from './diff-node.ts';
import type { FleetState } from './fleet-state.ts';
import { bounds, shownText } from './shown.ts';

export interface ClusterDifference {
  readonly resources: readonly ResourceDifference[];
  /** About pools that go, stay, or cannot change. */
  readonly issues: readonly Issue[];
}

/** Compares with the resources of the base as if they were in the datastore, each as ours. */
export function diffCluster(
  before: FleetState | undefined,
  { desired }: FleetState,
): ClusterDifference {
  const observed = asObserved(before?.desired);
  const clusterWide = desired.resources.filter(({ scope }) => scope.kind === 'cluster');
  const wanted: Desired = { ...desired, covers: [{ kind: 'cluster' }], resources: clusterWide };
  const existing = new Map(
    before?.desired.resources.map((one) => [objectKey(one.resource), one] as const),
  );
  const deletions = findDeletions(wanted, observed, matchObserved(wanted, observed));
  const written = clusterWide.flatMap((one) =>
    diffResources(existing.get(objectKey(one.resource)), one),
  );
  const refused = clusterWide.flatMap((one) => {
    const found = existing.get(objectKey(one.resource));
    return found === undefined ? [] : immutableFields(one, found.resource);
  });
  return {
    resources: [
      ...written,
      ...deletions.deleted.map(({ before: gone, why }) => deleted(gone, why)),
    ].sort((one, other) => byText(keyOf(one), keyOf(other))),
    issues: [
      // A push is not refused for it: only the agents know the living pools.
      ...refused.map((issue) => ({ ...issue, severity: 'warning' as const })),
      ...deletions.issues,
    ],
  };
}

function keyOf({ kind, name }: ResourceDifference): string {
  return `${kind}/${name}`;
}

function asObserved(desired: Desired | undefined): Observed {
  const resources = (desired?.resources ?? []).filter(({ scope }) => scope.kind === 'cluster');
  return {
    resources: resources.map(({ scope, resource }) => ({
      resource,
      owner: { scope, lineage: 'local:preview', number: 1 },
    })),
    nodes: [],
  };
}

/** The settings of the base that stay because the configuration does not give them any more. */
export function keptSettings(before: FleetState | undefined, after: FleetState): Kept[] {
  if (before === undefined) return [];
  const is = new Map(
    after.desired.resources.map(({ resource }) => [objectKey(resource), resource] as const),
  );
  const ofResources = before.desired.resources.flatMap(({ resource }) =>
    keptFields(resource, is.get(objectKey(resource))),
  );
  return [...ofResources, ...keptOnNodes(before.given, after.given)].slice(0, bounds.kept);
}

function keptFields(before: CalicoResource, after: CalicoResource | undefined): Kept[] {
  const { kind, metadata } = before;
  const isGone = after === undefined && kind !== 'BGPConfiguration';
  if (kind === 'BGPPeer' || isGone) return [];
  const left = new Set(Object.keys(after?.spec ?? {}));
  return Object.entries(before.spec)
    .filter(([field]) => !left.has(field))
    .map(([field, value]) => ({
      what: `${kind} ${metadata.name}: spec.${field}`,
      value: shownText(value),
    }));
}

function keptOnNodes(before: NetworkModel, after: NetworkModel): Kept[] {
  const value = 'that of each node';
  const fields = [
    ['asNumber', 'Node: spec.bgp.asNumber'],
    ['routeReflectorClusterId', 'Node: spec.bgp.routeReflectorClusterID'],
  ] as const;
  return fields.flatMap(([field, what]) =>
    before.managesNode[field] && !after.managesNode[field] ? [{ what, value }] : [],
  );
}
