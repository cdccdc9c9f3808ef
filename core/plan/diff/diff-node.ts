import { nodeValues, type NodeSettings, type NodeValue } from '../../calico/node.ts';
import type { DesiredNode } from '../../render/desired.ts';
import type { ClusterAs } from '../cluster-as.ts';
import type { Change, FieldChange } from '../plan.ts';
import type { ObservedNode } from '../../observe/observed.ts';

type NodePatch = Extract<Change, { readonly action: 'patch-node' }>;

/** Four patches, each of which continues from the previous one; an absent one changes nothing. */
export interface NodeDifference {
  /**
   * New and changed labels, and the AS number that the node is to have; comes before the peers that
   * need them.
   */
  readonly adding?: NodePatch;
  /**
   * A cluster ID takes the node out of the mesh at once, so it comes after the peers that replace
   * the mesh.
   */
  readonly clusterIdOn?: NodePatch;
  /** Without a cluster ID the node is in the mesh again, so this comes after the mesh is on. */
  readonly clusterIdOff?: NodePatch;
  /** Removed labels and AS number; comes after the peers that needed them. */
  readonly removing?: NodePatch;
}

export function diffNode(
  desired: DesiredNode,
  observed: ObservedNode | undefined,
  clusterAs: ClusterAs,
): NodeDifference {
  const before = observed?.settings ?? { groupLabels: [] };
  const added = withAdditions(before, desired.settings, clusterAs);
  const reflecting = withClusterId(added, desired.settings);
  const plain = withoutField(reflecting, desired.settings, 'routeReflectorClusterID');
  const after = {
    ...withoutField(plain, desired.settings, 'asNumber'),
    groupLabels: sorted(desired.settings.groupLabels),
  };
  const adding = patch(desired, before, added);
  const clusterIdOn = patch(desired, added, reflecting);
  const clusterIdOff = patch(desired, reflecting, plain);
  const removing = patch(desired, plain, after);
  return {
    ...(adding && { adding }),
    ...(clusterIdOn && { clusterIdOn }),
    ...(clusterIdOff && { clusterIdOff }),
    ...(removing && { removing }),
  };
}

function withAdditions(
  before: NodeSettings,
  desired: NodeSettings,
  clusterAs: ClusterAs,
): NodeSettings {
  const { asNumber } = desired;
  const withAs =
    typeof asNumber === 'number'
      ? { ...before, asNumber }
      : withoutOwnAs(before, desired, clusterAs);
  return { ...withAs, groupLabels: sorted([...before.groupLabels, ...desired.groupLabels]) };
}

/**
 * A node that loses its own AS number gets the cluster's at once, and not behind sessions that wait
 * for this very number. As long as the cluster has another number than it is to have, the node gets
 * the new one as its own, and loses it in the last step: so its sessions restart only once.
 */
function withoutOwnAs(
  before: NodeSettings,
  desired: NodeSettings,
  clusterAs: ClusterAs,
): NodeSettings {
  const without = withoutField(before, desired, 'asNumber');
  if (without === before || clusterAs.after === clusterAs.before) return without;
  return { ...before, asNumber: clusterAs.after ?? null };
}

function withClusterId(before: NodeSettings, desired: NodeSettings): NodeSettings {
  const { routeReflectorClusterID } = desired;
  return typeof routeReflectorClusterID === 'string'
    ? { ...before, routeReflectorClusterID }
    : before;
}

function withoutField(before: NodeSettings, desired: NodeSettings, field: NodeValue): NodeSettings {
  const takesAway = desired[field] === null && (before[field] ?? null) !== null;
  return takesAway ? { ...before, [field]: null } : before;
}

function patch(
  { name, reasons }: DesiredNode,
  before: NodeSettings,
  after: NodeSettings,
): NodePatch | undefined {
  const changed = (path: keyof NodeSettings): FieldChange[] => {
    const from = before[path] ?? undefined;
    const to = after[path] ?? undefined;
    const isSame = JSON.stringify(from) === JSON.stringify(to);
    return isSame ? [] : [{ path, before: from, after: to, reasons: reasons[path] ?? [] }];
  };
  const labels = changed('groupLabels').filter(() => !sameLabels(before, after));
  const fields = [...nodeValues.flatMap(changed), ...labels];
  return fields.length === 0
    ? undefined
    : { action: 'patch-node', node: name, before, after, fields };
}

function sameLabels(one: NodeSettings, other: NodeSettings): boolean {
  return sorted(one.groupLabels).join(' ') === sorted(other.groupLabels).join(' ');
}

function sorted(labels: readonly string[]): readonly string[] {
  return [...new Set(labels)].sort();
}
