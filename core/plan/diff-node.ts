import type { DesiredNode, NodeSettings } from '../render/desired.ts';
import type { Change, FieldChange, ObservedNode } from './plan.ts';

type NodePatch = Extract<Change, { readonly action: 'patch-node' }>;

export interface NodeDifference {
  /** What adds or changes: before the peers that need it. */
  readonly adding?: NodePatch;
  /** What takes away: after the peers that needed it are gone. */
  readonly removing?: NodePatch;
}

const valueFields = ['asNumber', 'routeReflectorClusterID'] as const;

export function diffNode(wanted: DesiredNode, observed: ObservedNode | undefined): NodeDifference {
  const before = observed?.settings ?? { groupLabels: [] };
  const between = added(before, wanted.settings);
  const after = taken(between, wanted.settings);
  const adding = patch(wanted, before, between);
  const removing = patch(wanted, between, after);
  return { ...(adding && { adding }), ...(removing && { removing }) };
}

function added(before: NodeSettings, wanted: NodeSettings): NodeSettings {
  const { asNumber, routeReflectorClusterID } = wanted;
  return {
    ...before,
    ...(typeof asNumber === 'number' && { asNumber }),
    ...(typeof routeReflectorClusterID === 'string' && { routeReflectorClusterID }),
    groupLabels: sorted([...before.groupLabels, ...wanted.groupLabels]),
  };
}

function taken(between: NodeSettings, wanted: NodeSettings): NodeSettings {
  const takesAway = (field: (typeof valueFields)[number]): boolean =>
    wanted[field] === null && (between[field] ?? null) !== null;
  return {
    ...between,
    ...(takesAway('asNumber') && { asNumber: null }),
    ...(takesAway('routeReflectorClusterID') && { routeReflectorClusterID: null }),
    groupLabels: sorted(wanted.groupLabels),
  };
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
  const fields = [...valueFields.flatMap(changed), ...labels];
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
