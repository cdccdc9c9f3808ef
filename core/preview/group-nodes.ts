/** Nodes with the same change share an entry, so that a fleet with one change is a few lines. */
import type { NodeChange, ResourceChange } from '../../schemas/generated/fleet-preview.ts';
import { groupBy } from '../group-by.ts';
import {
  sessionCounts,
  type NodeDifference,
  type ResourceDifference,
  type ValueDifference,
} from './diff-node.ts';
import {
  meshChanges,
  type AnySession,
  type MeshDifference,
  type SessionChange,
} from './diff-sessions.ts';
import { bounds, shownField, shownNames, shownReasons, shownSession } from './shown.ts';

export interface GroupedNodes {
  readonly changes: NodeChange[];
  /** The number of nodes in no entry. */
  readonly left: number;
}

/** @param differences in the order of the nodes' names */
export function groupNodes(
  differences: readonly NodeDifference[],
  mesh: MeshDifference,
): GroupedNodes {
  const exact = [...groupBy(differences, exactKey).values()];
  const isFine = exact.length <= bounds.groups;
  const groups = isFine ? exact : [...groupBy(differences, coarseKey).values()];
  const isSame = (group: readonly NodeDifference[]): boolean =>
    isFine || group.length === 1 || new Set(group.map(exactKey)).size === 1;
  const sorted = groups.toSorted((one, other) => other.length - one.length);
  const shown = sorted.slice(0, bounds.groups);
  return {
    changes: shown.flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      return [{ ...changeOf(first, mesh, group), alike: isSame(group) ? 'same' : 'similar' }];
    }),
    left: sorted.slice(bounds.groups).reduce((sum, group) => sum + group.length, 0),
  };
}

/** The same text for nodes that change in exactly the same way. */
function exactKey(one: NodeDifference): string {
  const { sessions, resources, after } = one;
  const { gained, lost, changed, mesh } = sessions;
  return JSON.stringify([
    valueKey(one.asNumber),
    valueKey(one.routeReflectorClusterId),
    gained.map(ofSession).sort(),
    lost.map(ofSession).sort(),
    changed.map(({ before, after: is }) => `${ofSession(before)} ${ofSession(is)}`).sort(),
    mesh,
    resources.map(({ action, kind, name, fields }) => [
      action,
      kind,
      namedAfter(name, after.facts.name),
      fields
        .filter(({ path }) => path !== 'spec.node')
        .map(({ path, before, after: is }) => [path, before, is]),
    ]),
  ]);
}

function valueKey(
  difference: ValueDifference<number | string> | undefined,
): readonly unknown[] | undefined {
  if (difference === undefined) return undefined;
  const { before, after, reasons } = difference;
  return [before, after, reasons[0]?.rule, reasons[0]?.place.pointer];
}

function ofSession({ neighbor, port, localAs, remoteAs, origin }: AnySession): string {
  return `${neighbor} ${String(port)} ${String(localAs)} ${String(remoteAs)} ${origin}`;
}

/** The same text for nodes with the same numbers of changes of each kind. */
function coarseKey(one: NodeDifference): string {
  return JSON.stringify([
    one.asNumber !== undefined,
    one.routeReflectorClusterId !== undefined,
    sessionCounts(one),
    one.resources.map(({ action, kind }) => `${action} ${kind}`).sort(),
  ]);
}

/** The changes of chosen nodes with all their sessions, also those of the mesh. */
export function wholeChanges(
  chosen: readonly NodeDifference[],
  mesh: MeshDifference,
): readonly NodeChange[] {
  const shareOf = (all: number, most: number): number =>
    Math.min(most, Math.ceil(all / Math.max(1, chosen.length)));
  const most = {
    sessions: shareOf(bounds.chosenSessions, bounds.allSessions),
    resources: shareOf(bounds.chosenResources, bounds.allResources),
  };
  return chosen.map((one) => wholeChange(one, mesh, most));
}

function wholeChange(
  difference: NodeDifference,
  mesh: MeshDifference,
  most: { readonly sessions: number; readonly resources: number },
): NodeChange {
  const { before, after, sessions, resources } = difference;
  const gained = [...sessions.gained];
  const lost = [...sessions.lost];
  const changed = [...sessions.changed];
  let room = most.sessions;
  for (const { before: was, after: is } of meshChanges(mesh, before, after)) {
    room -= 1;
    if (room < 0) break;
    if (was === undefined && is !== undefined) gained.push(is);
    else if (was !== undefined && is === undefined) lost.push(was);
    else if (was !== undefined && is !== undefined) changed.push({ before: was, after: is });
  }
  return {
    ...changeOf(difference, mesh, [difference]),
    sessions: shownSessions(difference, { gained, lost, changed }, mesh, most.sessions),
    resources: {
      count: resources.length,
      first: resources.slice(0, most.resources).map((one) => shownResource(one)),
    },
  };
}

function changeOf(
  first: NodeDifference,
  mesh: MeshDifference,
  group: readonly NodeDifference[],
): NodeChange {
  const { asNumber, routeReflectorClusterId, sessions, resources, after } = first;
  const { name } = after.facts;
  return {
    nodes: shownNames(group.map((one) => one.after.facts.name)),
    alike: 'same',
    ...(asNumber !== undefined && { asNumber: shownDifference(asNumber) }),
    ...(routeReflectorClusterId !== undefined && {
      routeReflectorClusterId: shownDifference(routeReflectorClusterId),
    }),
    sessions: shownSessions(first, sessions, mesh, bounds.sessions),
    resources: {
      count: resources.length,
      first: resources
        .slice(0, bounds.resources)
        .map((one) => shownResource(one, group.length === 1 ? undefined : name)),
    },
  };
}

function shownDifference<T>({ before, after, reasons }: ValueDifference<T>): {
  before?: T;
  after?: T;
  reasons: ReturnType<typeof shownReasons>;
} {
  return {
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    reasons: shownReasons(reasons),
  };
}

interface ListedSessions {
  readonly gained: readonly AnySession[];
  readonly lost: readonly AnySession[];
  readonly changed: readonly SessionChange[];
}

function shownSessions(
  difference: NodeDifference,
  { gained, lost, changed }: ListedSessions,
  { before, after }: MeshDifference,
  most: number,
): NodeChange['sessions'] {
  const counts = sessionCounts(difference);
  const { mesh } = difference.sessions;
  return {
    gained: {
      count: counts.gained,
      mesh: mesh.gained,
      first: gained.slice(0, most).map((one) => shownSession(one, after.nodeAt)),
    },
    lost: {
      count: counts.lost,
      mesh: mesh.lost,
      first: lost.slice(0, most).map((one) => shownSession(one, before.nodeAt)),
    },
    changed: {
      count: counts.changed,
      mesh: mesh.changed,
      first: changed.slice(0, most).map((one) => ({
        before: shownSession(one.before, before.nodeAt),
        after: shownSession(one.after, after.nodeAt),
      })),
    },
  };
}

/** @param node stands in the name as NODE; undefined: it stays */
export function shownResource(
  { action, kind, name, why, fields }: ResourceDifference,
  node?: string,
): ResourceChange {
  const shown = node === undefined ? fields : fields.filter(({ path }) => path !== 'spec.node');
  return {
    action,
    kind,
    name: node === undefined ? name : namedAfter(name, node),
    ...(why !== undefined && { why }),
    fields: shown
      .slice(0, bounds.fields)
      .map(({ path, reasons, ...values }) => shownField(path, values, reasons)),
  };
}

function namedAfter(name: string, node: string): string {
  return name.startsWith(node) ? `NODE${name.slice(node.length)}` : name;
}
