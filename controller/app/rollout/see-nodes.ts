/** What the nodes of a rollout say, counted by wave. */
import { printable } from '../../../core/printable.ts';
import { nothing, type Seen, type WaveCount } from '../../../core/rollout/seen.ts';
import { isTurn } from '../../../core/rollout/targets.ts';
import { sameRef } from '../../../core/protocol/messages.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { NodeRecord } from '../nodes/node-record.ts';
import { viewPush, type PushState } from '../nodes/node-view.ts';
import { waveOf, type LiveRollout } from '../assignment/assignment.ts';

export type RolloutNodeState = Exclude<keyof WaveCount, 'nodes'> | 'later';

export interface RolloutNode {
  readonly name: string;
  /** The place of its wave. */
  readonly wave: number;
  readonly state: RolloutNodeState;
  /** Why it failed. */
  readonly why?: string;
}

export interface SeeOptions {
  /** A node that is away may still come back: the controller has just begun. */
  readonly mayReturn: boolean;
}

type SeenFleet = Pick<Fleet, 'records' | 'assigned'>;

/** The most failures that a text names, and the most characters of each. */
const named = 5;
const longest = 300;

export function seeNodes(fleet: SeenFleet, live: LiveRollout, options: SeeOptions): Seen {
  const counts = live.rollout.waves.map(() => ({ ...nothing }));
  const failures: string[] = [];
  for (const record of fleet.records()) {
    const { name, wave, state, why = '' } = seeNode(fleet, live, record, options);
    const count = counts[wave];
    if (count === undefined) continue;
    count.nodes += 1;
    if (state === 'later') continue;
    count[state] += 1;
    if (state === 'failed' && failures.length < named) failures.push(`${name}: ${why}`);
  }
  return { waves: counts, failures: failures.toSorted() };
}

export function seeNode(
  fleet: SeenFleet,
  live: LiveRollout,
  record: NodeRecord,
  { mayReturn }: SeeOptions,
): RolloutNode {
  const { rollout } = live;
  const { name } = record;
  const wave = waveOf(live, record);
  const hasBegun = rollout.state.phase === 'back' ? wave < rollout.state.begun : false;
  if (!isTurn(rollout, wave) && !hasBegun) return { name, wave, state: 'later' };
  if (rollout.state.phase === 'back' && rollout.revisions.back === undefined) {
    return { name, wave, state: rollingBack(record, live) };
  }
  const target = fleet.assigned(record)?.revision;
  if (target === undefined) {
    const why = 'it has accepted a newer revision, which this rollout does not know';
    return { name, wave, state: 'failed', why };
  }
  const seen = { name, wave, ...stateOf(record, target) };
  return seen.state === 'away' && mayReturn ? { ...seen, state: 'left' } : seen;
}

const states: Readonly<Record<PushState, RolloutNodeState>> = {
  later: 'later',
  away: 'away',
  waiting: 'working',
  sent: 'working',
  received: 'working',
  applied: 'working',
  confirmed: 'confirmed',
  failed: 'failed',
  'rolling-back': 'failed',
  'rolled-back': 'failed',
  replaced: 'failed',
};

function stateOf(
  record: NodeRecord,
  target: Revision,
): { readonly state: RolloutNodeState; readonly why?: string } {
  const { state, message = 'it does not have the revision', retrying } = viewPush(record, target);
  const isHere = record.connection !== undefined;
  const hasIt = record.progress !== undefined && sameRef(record.progress.ref, target);
  if (state === 'away') return { state: hasIt ? 'left' : 'away' };
  // Its agent tries again by itself.
  if (state === 'failed' && retrying === true) return { state: isHere ? 'working' : 'left' };
  const why = printable(message).slice(0, longest);
  return states[state] === 'failed' ? { state: 'failed', why } : { state: states[state] };
}

/** Without a base each node rolls the target back by itself; then it has the one before. */
function rollingBack(record: NodeRecord, { revisions, rollout }: LiveRollout): RolloutNodeState {
  const target = revisions.get(rollout.revisions.share ?? rollout.revisions.target);
  if (record.connection === undefined || target === undefined) return 'away';
  const accepted = record.status?.revisions.accepted;
  const hasIt = accepted !== undefined && sameRef(accepted, target);
  const isAbout = record.progress !== undefined && sameRef(record.progress.ref, target);
  const { state } = viewPush(record, target);
  const isBusy = isAbout && (state === 'rolling-back' || states[state] === 'working');
  return hasIt || isBusy ? 'working' : 'confirmed';
}
