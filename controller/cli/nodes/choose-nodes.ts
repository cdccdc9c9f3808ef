/** Which nodes the command `nodes` shows, and in which order. */
import type { Node } from '../../../schemas/generated/controller-api/nodes.ts';
import { nearestName } from '../../../core/nearest-name.ts';
import { AppError } from '../../../runtime/errors.ts';

/** Kinds of nodes that a person asks for, with what they are. */
export const kindsOfNodes = {
  connected: 'connected now',
  away: 'not connected',
  pending: 'have not confirmed the newest revision',
  failed: 'refused it, failed, or rolled it back',
  'shared-token': 'connected with the shared token, or connected last with it',
  unhealthy: 'sessions are down, or an adapter fails, or the agent says that it is not healthy',
} as const;

export type KindOfNodes = keyof typeof kindsOfNodes;

export const sortKeys = ['name', 'state', 'push', 'sessions', 'revision', 'last-seen'] as const;

export type SortKey = (typeof sortKeys)[number];

export interface Choice {
  /** Names, or patterns in which `*` stands for any text; empty: all nodes. */
  readonly names: readonly string[];
  readonly only?: KindOfNodes;
  readonly sort: SortKey;
}

/** @throws AppError not-found if a name without `*` is no node's name */
export function chooseNodes(
  nodes: readonly Node[],
  { names, only, sort }: Choice,
): readonly Node[] {
  requireKnown(nodes, names);
  const patterns = names.map(patternOf);
  const isNamed = ({ name }: Node): boolean =>
    patterns.length === 0 || patterns.some((pattern) => pattern.test(name));
  const chosen = nodes.filter((node) => isNamed(node) && (only === undefined || is[only](node)));
  const key = keys[sort];
  return chosen.toSorted(
    (one, other) => compare(key(one), key(other)) || compare(one.name, other.name),
  );
}

function requireKnown(nodes: readonly Node[], names: readonly string[]): void {
  const known = new Set(nodes.map(({ name }) => name));
  const unknown = names.filter((name) => !name.includes('*') && !known.has(name));
  if (unknown.length > 0) throw unknownNodes(unknown, nodes);
}

function unknownNodes(unknown: readonly string[], nodes: readonly Node[]): AppError {
  const [first = ''] = unknown;
  const nearest = nearestName(
    first,
    nodes.map(({ name }) => name),
  );
  const hint = nearest === undefined ? 'calico-controller nodes lists them' : `is it "${nearest}"?`;
  const names = unknown.map((name) => `"${name}"`).join(', ');
  return new AppError('not-found', `the controller knows no node ${names}; ${hint}`);
}

function patternOf(name: string): RegExp {
  const parts = name
    .split('*')
    .map((part) => part.replaceAll(/[.\\^$+?()[\]{}|]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 'u');
}

const failedPushes: ReadonlySet<string> = new Set([
  'failed',
  'rolling-back',
  'rolled-back',
  'replaced',
]);

/** Those that need a person come first, then those that work or wait, then the healthy one. */
const stateRanks = rankedBy<NonNullable<Node['state']>>({
  failed: true,
  drifted: true,
  held: true,
  'rolling-back': true,
  'awaiting-gate': true,
  'awaiting-writer': true,
  confirming: true,
  recovering: true,
  applying: true,
  waiting: true,
  unknown: true,
  'in-force': true,
});

const pushRanks = rankedBy<NonNullable<Node['push']>['state']>({
  failed: true,
  'rolled-back': true,
  'rolling-back': true,
  replaced: true,
  away: true,
  waiting: true,
  later: true,
  sent: true,
  received: true,
  applied: true,
  unknown: true,
  confirmed: true,
});

const is: Readonly<Record<KindOfNodes, (node: Node) => boolean>> = {
  connected: ({ connected }) => connected,
  away: ({ connected }) => !connected,
  pending: ({ push }) => push !== undefined && push.state !== 'confirmed',
  failed: ({ push, state }) =>
    state === 'failed' || (push !== undefined && failedPushes.has(push.state)),
  'shared-token': ({ identity }) => identity === 'shared-token',
  unhealthy: (node) =>
    missingSessions(node) > 0 ||
    (node.degraded ?? []).length > 0 ||
    node.confirming?.unhealthy !== undefined ||
    node.state === 'failed' ||
    node.state === 'drifted',
};

/** Nodes with the smallest key come first: those that need a person before those that do not. */
const keys: Readonly<Record<SortKey, (node: Node) => number | string>> = {
  name: ({ name }) => name,
  state: ({ state }) => stateRanks(state),
  push: ({ push }) => pushRanks(push?.state),
  sessions: (node) => -missingSessions(node),
  revision: ({ inForce }) => inForce?.number ?? 0,
  'last-seen': ({ lastSeenAt }) => lastSeenAt,
};

/**
 * @param order a record, so that no value can be missing, with the place of those that are not known
 * @returns the place of a value
 */
function rankedBy<T extends string>(
  order: Readonly<Record<T | 'unknown', true>>,
): (value: T | undefined) => number {
  const values = Object.keys(order);
  const unknown = values.indexOf('unknown');
  return (value) => {
    const place = value === undefined ? unknown : values.indexOf(value);
    return place < 0 ? unknown : place;
  };
}

/** Sessions that are down as far as is known. */
function missingSessions({ sessions }: Node): number {
  return sessions === undefined ? 0 : sessions.expected - sessions.established - sessions.unknown;
}

function compare(one: number | string, other: number | string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
