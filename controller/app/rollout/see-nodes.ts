/** What the nodes of a rollout say, counted by wave. */
import { byText } from '../../../core/by-text.ts';
import { printable } from '../../../core/printable.ts';
import {
  nothing,
  type AbsentNode,
  type OpenNodes,
  type Seen,
  type WaveCount,
} from '../../../core/rollout/seen.ts';
import { wavesOfStep } from '../../../core/rollout/steps.ts';
import { termsOf } from '../../../core/rollout/strategy.ts';
import { isTurn, newestOf } from '../../../core/rollout/targets.ts';
import { sameRef } from '../../../core/protocol/messages.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { NodeRecord } from '../nodes/node-record.ts';
import {
  awaitsPerson,
  keptCode,
  viewPush,
  type PushState,
  type PushView,
} from '../nodes/node-view.ts';
import { waveOf, type LiveRollout } from '../assignment/assignment.ts';

export type RolloutNodeState = Exclude<keyof WaveCount, 'nodes'> | 'later';

export interface RolloutNode {
  readonly name: string;
  /** The place of its wave. */
  readonly wave: number;
  readonly state: RolloutNodeState;
  /** Why it failed, or cannot get the revision. */
  readonly why?: string;
}

export interface SeeOptions {
  /** A node that is away may still come back: the controller has just begun. */
  readonly mayReturn: boolean;
}

type SeenFleet = Pick<Fleet, 'records' | 'assigned' | 'isCutOff'>;

/** The most failures that a text names, and the most characters of each. */
const named = 5;
const longest = 300;

export function seeNodes(fleet: SeenFleet, live: LiveRollout, options: SeeOptions): Seen {
  const { waves } = live.rollout;
  const counts = waves.map(() => ({ ...nothing }));
  const gone = waves.map((): string[] => []);
  const open = waves.map((): OpenNames => ({ failed: [], working: [], left: [], away: [] }));
  const failures: string[] = [];
  // A push has no members, and its nodes are those that are known.
  const members = live.rollout.kind === 'rollout' ? live.members : undefined;
  const known = new Set<string>();
  const current = new Set(wavesOfStep(live.rollout));
  let isAnyAway = false;
  const awaitPerson: string[] = [];
  const revoked: string[] = [];
  const absent = absentNodes(live);
  for (const record of fleet.records()) {
    const { name, wave, state, why = '' } = seeNode(fleet, live, record, options);
    if (members !== undefined) known.add(name);
    if (record.connection === undefined) isAnyAway = true;
    const count = counts[wave];
    if (count === undefined) continue;
    count.nodes += 1;
    if (state === 'later') continue;
    count[state] += 1;
    if (state !== 'confirmed') open[wave]?.[state].push(name);
    const isRevoked = fleet.isCutOff(record);
    if (isRevoked) revoked.push(name);
    const whyAbsent = isRevoked && why === '' ? 'it was revoked' : why;
    absent.see(name, state, record.connection !== undefined, whyAbsent);
    if (state === 'working' && current.has(wave) && waitsForPerson(fleet, record))
      awaitPerson.push(name);
    if (state === 'confirmed' && record.connection === undefined) gone[wave]?.push(name);
    if (state === 'failed' && failures.length < named) failures.push(`${name}: ${why}`);
  }
  // Nodes that cannot be read, or were forgotten meanwhile, are away.
  for (const [name, wave] of members ?? []) {
    const count = counts[wave];
    if (count === undefined || known.has(name)) continue;
    isAnyAway = true;
    count.nodes += 1;
    if (!isShown(live, wave)) continue;
    const state = options.mayReturn ? 'left' : 'away';
    count[state] += 1;
    open[wave]?.[state].push(name);
    absent.see(name, 'away', false, '');
  }
  const mayReturn = options.mayReturn && isAnyAway;
  const more = {
    ...(awaitPerson.length > 0 && { awaitPerson }),
    ...(revoked.length > 0 && { revoked }),
    ...absent.seen(),
  };
  return { waves: counts, open, failures: failures.toSorted(), gone, mayReturn, ...more };
}

type OpenNames = Record<keyof OpenNodes, string[]>;

/** Gathers the nodes that a barrier waits for. */
function absentNodes({ rollout }: LiveRollout): {
  readonly see: (node: string, state: RolloutNodeState, isHere: boolean, why: string) => void;
  readonly seen: () => Pick<Seen, 'absent'>;
} {
  const isAtBarrier = rollout.state.phase === 'forward' && rollout.state.stage === 'barrier';
  const isWaited = termsOf(rollout.strategy).barrier.away === 'wait';
  const found: AbsentNode[] = [];
  return {
    see: (node, state, isHere, why) => {
      const isAbsent = state === 'away' || state === 'left' || (state === 'confirmed' && !isHere);
      if (!isAtBarrier || (isAbsent ? !isWaited : state === 'confirmed')) return;
      const texts = { failed: 'failed', working: 'on the way' } as const;
      const text = state === 'failed' || state === 'working' ? texts[state] : 'away';
      found.push({ node, why: why === '' ? text : `${text}: ${why}` });
    },
    seen: () =>
      isAtBarrier ? { absent: found.toSorted((one, other) => byText(one.node, other.node)) } : {},
  };
}

export function seeNode(
  fleet: Pick<SeenFleet, 'assigned'>,
  live: LiveRollout,
  record: NodeRecord,
  { mayReturn }: SeeOptions,
): RolloutNode {
  const { rollout } = live;
  const { name } = record;
  const wave = waveOf(live, record);
  const { phase } = rollout.state;
  if (!isShown(live, wave)) return { name, wave, state: 'later' };
  const seenIn = ({ state, why }: Pick<RolloutNode, 'state' | 'why'>): RolloutNode => {
    const returns = state === 'away' && mayReturn && record.connection === undefined;
    const seen = { name, wave, state: returns ? ('left' as const) : state };
    return why === undefined ? seen : { ...seen, why };
  };
  if ((phase === 'back' || phase === 'aborted') && rollout.revisions.back === undefined) {
    return seenIn({ state: rollingBack(record, live) });
  }
  const newest = live.revisions.get(newestOf(rollout));
  if (newest?.decided === 'rolled-back') return seenIn(rolledBackByPerson(record, live, newest));
  const target = fleet.assigned(record)?.revision;
  if (target === undefined) {
    const why = 'it has accepted a newer revision, which this rollout does not know';
    return { name, wave, state: 'failed', why };
  }
  return seenIn(stateOf(record, target));
}

function waitsForPerson(fleet: Pick<SeenFleet, 'assigned'>, record: NodeRecord): boolean {
  const target = fleet.assigned(record)?.revision;
  return target !== undefined && target.decided === undefined && awaitsPerson(record, target);
}

/** The connected nodes that have failed with what they are to have now, sorted by name. */
export function failedNodes(fleet: Pick<SeenFleet, 'records' | 'assigned'>): readonly string[] {
  return fleet
    .records()
    .filter((record) => {
      const target = fleet.assigned(record)?.revision;
      if (record.connection === undefined || target === undefined) return false;
      return stateOf(record, target).state === 'failed';
    })
    .map(({ name }) => name)
    .toSorted(byText);
}

/** Whether the state of the wave's nodes counts now: its turn has come, or it had begun. */
function isShown({ rollout }: LiveRollout, wave: number): boolean {
  const { phase, begun } = rollout.state;
  return isTurn(rollout, wave) || (phase === 'back' && wave < begun);
}

/** Objects that are made once: a push looks at thousands of nodes. */
const states: Readonly<Record<PushState, { readonly state: RolloutNodeState }>> = {
  later: { state: 'later' },
  away: { state: 'away' },
  waiting: { state: 'working' },
  sent: { state: 'working' },
  received: { state: 'working' },
  applied: { state: 'working' },
  confirmed: { state: 'confirmed' },
  failed: { state: 'failed' },
  'rolling-back': { state: 'failed' },
  'rolled-back': { state: 'failed' },
  replaced: { state: 'failed' },
};

function stateOf(
  record: NodeRecord,
  target: Revision,
): { readonly state: RolloutNodeState; readonly why?: string } {
  const viewed = viewPush(record, target);
  const { state, retrying } = viewed;
  const isHere = record.connection !== undefined;
  const hasIt = record.progress !== undefined && sameRef(record.progress.ref, target);
  if (state === 'away') {
    if (hasIt) return { state: 'left' };
    return isTooOld(record, target) ? { state: 'away', why: tooOldText } : { state: 'away' };
  }
  // Its agent tries again by itself.
  if (state === 'failed' && retrying === true) return { state: isHere ? 'working' : 'left' };
  // It gets the revision once it is upgraded.
  if (viewed.code === tooOld) return { state: 'away', why: whyOf(viewed) };
  const seen = states[state];
  return seen.state === 'failed' ? { ...seen, why: whyOf(viewed) } : seen;
}

function whyOf({ message = 'it does not have the revision' }: PushView): string {
  return printable(message).slice(0, longest);
}

/** Whether its agent, when it was last connected, could not have taken the revision. */
function isTooOld({ knowsClusterShare }: NodeRecord, { clusterShare }: Revision): boolean {
  return clusterShare !== undefined && knowsClusterShare === false;
}

const tooOldText =
  'it is away, and its agent is too old for this: it gets the revision with the cluster-wide resources only';

/** The code of the controller where an agent does not know what the revision needs. */
const tooOld = 'agent-too-old';

/** Also a push that is done: each node has what it confirmed before. */
function rolledBackByPerson(
  record: NodeRecord,
  live: LiveRollout,
  newest: Revision,
): Pick<RolloutNode, 'state' | 'why'> {
  const view = viewPush(record, newest);
  if (view.code === keptCode) return { state: 'failed', why: whyOf(view) };
  return { state: rollingBack(record, live) };
}

/** Without a base each node rolls the target back by itself; then it has the one before. */
function rollingBack(record: NodeRecord, { revisions, rollout }: LiveRollout): RolloutNodeState {
  const target = revisions.get(rollout.revisions.share ?? rollout.revisions.target);
  if (record.connection === undefined || target === undefined) return 'away';
  // It says what it has in a moment.
  if (record.status === undefined) return 'working';
  const { accepted } = record.status.revisions;
  const hasIt = accepted !== undefined && sameRef(accepted, target);
  const isAbout = record.progress !== undefined && sameRef(record.progress.ref, target);
  const { state } = viewPush(record, target);
  const isBusy = isAbout && (state === 'rolling-back' || states[state].state === 'working');
  return hasIt || isBusy ? 'working' : 'confirmed';
}
