/** What happened to the nodes of the fleet between two looks at them. */
import type { Revision } from '../../../core/revision/revision.ts';
import type { NodeRecord } from '../nodes/node-record.ts';
import { keptCode, viewPush, type PushState } from '../nodes/node-view.ts';
import type { FleetEventKind, FleetHappening } from './fleet-event.ts';
import { compareRollouts, type SeenRollout } from './rollout-events.ts';

/** The part of a node's record that events are about. */
export interface SeenNode {
  readonly isConnected: boolean;
  /** Its progress with the newest revision; absent: there is none. */
  readonly push?: { readonly number: number; readonly state: PushState; readonly why?: string };
  /** Expected sessions that are down; absent: not known. */
  readonly down?: number;
  readonly needsPerson: boolean;
  readonly isOnHold: boolean;
  /** Degraded adapters, in order. */
  readonly degraded: readonly string[];
}

export interface SeenFleet {
  readonly revision?: Pick<Revision, 'number' | 'by' | 'decided'>;
  /** Absent: the newest revision came by a push. */
  readonly rollout?: SeenRollout;
  readonly nodes: ReadonlyMap<string, SeenNode>;
}

/** The part of a happening that nodes with the same change share. */
interface Change extends Omit<FleetHappening, 'nodes'> {
  /** The text without what differs from node to node. */
  readonly brief?: string;
}

/** The most texts of one kind in one look; agents make the texts. Further nodes share the brief one. */
const mostTexts = 20;

export function seeFleet(
  records: readonly NodeRecord[],
  revision: Revision | undefined,
  rollout?: SeenRollout,
): SeenFleet {
  const pushOf = createSharedPushes();
  const nodes = new Map<string, SeenNode>();
  for (const record of records) {
    const push = revision && pushOf(seePush(record, revision));
    nodes.set(record.name, seeNode(record, push));
  }
  return {
    ...(rollout !== undefined && { rollout }),
    ...(revision !== undefined && { revision }),
    nodes,
  };
}

/** Most nodes have made the same progress, and one object for them is kept until the next look. */
function createSharedPushes(): (push: Push) => Push {
  const pushes = new Map<PushState, Push>();
  return (push) => {
    if (push.why !== undefined) return push;
    const known = pushes.get(push.state) ?? push;
    pushes.set(push.state, known);
    return known;
  };
}

const noneDegraded: readonly string[] = [];

function seeNode(record: NodeRecord, push: Push | undefined): SeenNode {
  const { connection, status } = record;
  const isConnected = connection !== undefined;
  const known = isConnected ? status : undefined;
  const sessions = known?.sessions;
  return {
    isConnected,
    ...(push !== undefined && { push }),
    ...(sessions !== undefined && {
      down: Math.max(0, sessions.expected - sessions.established - sessions.unknown),
    }),
    needsPerson: known?.needsPerson === true,
    isOnHold: known?.hold !== undefined,
    degraded: known?.degraded?.map(({ adapter }) => adapter).toSorted() ?? noneDegraded,
  };
}

type Push = NonNullable<SeenNode['push']>;

function seePush(record: NodeRecord, revision: Revision): Push {
  const { state, message, code } = viewPush(record, revision);
  // It is so for a moment on every node that is told to roll back.
  if (code === keptCode) return { number: revision.number, state: 'confirmed' };
  return { number: revision.number, state, ...(message !== undefined && { why: message }) };
}

/** The happenings in an order that a person expects: the revision first, its rollout, then the nodes. */
export function compareFleets(before: SeenFleet, now: SeenFleet): readonly FleetHappening[] {
  const { add, happenings } = gatherNodes();
  const pushChanges = rememberingPushChange();
  for (const [name, node] of now.nodes) {
    const known = before.nodes.get(name);
    const hasPushed = known !== undefined && isSame(known, node);
    const changes = hasPushed ? pushChanges(known.push, node.push) : changesOf(known, node);
    for (const change of changes) add(name, change);
  }
  for (const name of before.nodes.keys()) {
    if (!now.nodes.has(name)) {
      add(name, info('forgotten', 'the controller does not know this node any more'));
    }
  }
  return [
    ...changesOfRevision(before.revision, now.revision),
    ...compareRollouts(before.rollout, now.rollout),
    ...happenings(),
  ];
}

interface GatheredNodes {
  add(node: string, change: Change): void;
  happenings(): readonly FleetHappening[];
}

/** Nodes with the same change become one happening. */
function gatherNodes(): GatheredNodes {
  const groups = new Map<
    string,
    { readonly happening: FleetHappening; readonly nodes: string[] }
  >();
  const texts = new Map<FleetEventKind, number>();
  /** Thousands of nodes share one change. */
  let last: { readonly change: Change; readonly nodes: string[] } | undefined;
  return {
    add: (node, change) => {
      if (last?.change === change) return void last.nodes.push(node);
      const { brief, ...happening } = change;
      const { kind, text } = happening;
      const key = `${kind} ${text}`;
      const count = texts.get(kind) ?? 0;
      const isOneMore = !groups.has(key) && count >= mostTexts;
      if (!groups.has(key) && !isOneMore) texts.set(kind, count + 1);
      const shared = isOneMore ? { ...happening, text: brief ?? text } : happening;
      const nodes = groups.get(isOneMore ? kind : key)?.nodes ?? [];
      nodes.push(node);
      groups.set(isOneMore ? kind : key, { happening: shared, nodes });
      last = { change, nodes };
    },
    happenings: () => [...groups.values()].map(({ happening, nodes }) => ({ ...happening, nodes })),
  };
}

function changesOfRevision(
  before: SeenFleet['revision'],
  now: SeenFleet['revision'],
): readonly FleetHappening[] {
  if (now === undefined) return [];
  const { number, by, decided } = now;
  const about = { revision: number };
  const isNew = number !== before?.number;
  return [
    ...(isNew ? [{ ...info('revision', `revision ${String(number)} by ${by}`), ...about }] : []),
    ...(decided === undefined || (!isNew && decided === before.decided)
      ? []
      : [{ ...decision(decided, number), ...about }]),
  ];
}

function decision(decided: NonNullable<Revision['decided']>, number: number): Change {
  const revision = `revision ${String(number)}`;
  return decided === 'confirmed'
    ? info('decided', `a person confirmed ${revision}`)
    : { kind: 'decided', level: 'warning', text: `a person rolled ${revision} back` };
}

function changesOf(before: SeenNode | undefined, now: SeenNode): readonly Change[] {
  const wasConnected = before?.isConnected === true;
  return [
    ...(now.isConnected && !wasConnected ? [info('connected', 'connected')] : []),
    ...(!now.isConnected && wasConnected ? [warning('away', 'not connected any more')] : []),
    ...pushChange(before?.push, now.push),
    // What a node that is away was like is not a change when it comes back.
    ...(now.isConnected ? healthChanges(before, now) : []),
  ];
}

/** Whether nothing but the push has changed, as for most nodes at most looks. */
function isSame(before: SeenNode, now: SeenNode): boolean {
  return (
    before.isConnected === now.isConnected &&
    before.down === now.down &&
    before.needsPerson === now.needsPerson &&
    before.isOnHold === now.isOnHold &&
    before.degraded.length === 0 &&
    now.degraded.length === 0
  );
}

/** @returns as `pushChange`, the same changes for the same two objects after each other, which most nodes share */
function rememberingPushChange(): typeof pushChange {
  let last: Parameters<typeof pushChange> = [undefined, undefined];
  let changes = noChange;
  return (before, now) => {
    if (before === last[0] && now === last[1]) return changes;
    last = [before, now];
    changes = pushChange(before, now);
    return changes;
  };
}

const noChange: readonly Change[] = [];

function pushChange(before: SeenNode['push'], now: SeenNode['push']): readonly Change[] {
  if (now === undefined) return noChange;
  if (before?.number === now.number && before.state === now.state) return noChange;
  const told = toldStates[now.state];
  if (told === undefined) return noChange;
  const revision = `revision ${String(now.number)}`;
  const why = now.why === undefined ? '' : `: ${now.why}`;
  const brief = told.says.replace('REVISION', revision);
  const { kind, level } = told;
  return [{ kind, level, text: `${brief}${why}`, brief, revision: now.number }];
}

const toldStates: Readonly<
  Partial<Record<PushState, Pick<Change, 'kind' | 'level'> & { readonly says: string }>>
> = {
  confirmed: { kind: 'confirmed', level: 'info', says: 'REVISION is confirmed' },
  failed: { kind: 'failed', level: 'error', says: 'REVISION failed' },
  'rolling-back': { kind: 'rolling-back', level: 'error', says: 'rolls REVISION back' },
  'rolled-back': { kind: 'rolled-back', level: 'error', says: 'rolled REVISION back' },
  replaced: {
    kind: 'replaced',
    level: 'warning',
    says: 'another source replaced REVISION',
  },
};

function healthChanges(before: SeenNode | undefined, now: SeenNode): readonly Change[] {
  const { down } = now;
  const wasDown = (before?.down ?? 0) > 0;
  const adapters = now.degraded.filter((adapter) => !(before?.degraded ?? []).includes(adapter));
  return [
    ...(down !== undefined && down > 0 && down !== before?.down
      ? [{ ...warning('sessions-down', sessionsText(down)), brief: 'BGP sessions are down' }]
      : []),
    ...(down === 0 && wasDown ? [info('sessions-up', 'all BGP sessions are up again')] : []),
    ...(now.needsPerson && before?.needsPerson !== true
      ? [{ ...warning('needs-person', 'waiting will not help'), level: 'error' as const }]
      : []),
    ...(now.isOnHold && before?.isOnHold !== true ? [warning('hold', 'writing is on hold')] : []),
    ...(!now.isOnHold && before?.isOnHold === true
      ? [info('hold-ended', 'the hold has ended')]
      : []),
    ...adapters.map((adapter) => warning('degraded', `${adapter} fails again and again`)),
  ];
}

function sessionsText(down: number): string {
  return down === 1 ? 'one BGP session is down' : `${String(down)} BGP sessions are down`;
}

function info(kind: FleetEventKind, text: string): Change {
  return { kind, level: 'info', text };
}

function warning(kind: FleetEventKind, text: string): Change {
  return { kind, level: 'warning', text };
}
