/** Which revision each node is to have: all the same one, or that of its wave in a rollout. */
import type { Revision } from '../../../core/revision/revision.ts';
import { waveOfNewNode } from '../../../core/rollout/plan-waves.ts';
import type { Rollout } from '../../../core/rollout/steps.ts';
import { isToldToRollBack, newestOf, targetOf } from '../../../core/rollout/targets.ts';

/** A rollout with the waves of its nodes and the revisions that it gives them. */
export interface LiveRollout {
  readonly rollout: Rollout;
  /** The places of the nodes' waves, by name; nodes that came later are not in it. */
  readonly members: ReadonlyMap<string, number>;
  readonly revisions: ReadonlyMap<number, Revision>;
}

export interface AssignedNode {
  readonly name: string;
  readonly facts: { readonly labels: Readonly<Record<string, string>> };
  /** The newest number of this lineage that its agent has accepted; absent: none, as far as known. */
  readonly accepted?: number;
}

export interface Assigned {
  /** Absent: the node keeps what it has. */
  readonly revision?: Revision;
  /** The turn of its wave comes later. */
  readonly isLater: boolean;
}

export interface Assignment {
  /** The fleet's revision, which all nodes are to have at the end. */
  readonly newest: Revision;
  readonly of: (node: AssignedNode) => Assigned;
  /** What `of` gives for every node; absent: it depends on the node. */
  readonly ofAll?: Assigned;
  /** Whether the agent of this node is told now what was decided about the newest one. */
  readonly isTold: (node: AssignedNode) => boolean;
}

/** All nodes get this revision. */
export function forAll(revision: Revision): Assignment {
  const assigned = given(revision);
  return { newest: revision, of: () => assigned, ofAll: assigned, isTold: () => true };
}

export function assignmentOf(live: LiveRollout): Assignment | undefined {
  const { rollout, revisions } = live;
  const newest = revisions.get(newestOf(rollout));
  if (newest === undefined) return undefined;
  const { kind, state } = rollout;
  // An agent with a newer revision than it knows refuses it, and says so.
  if (kind === 'push' && (state.phase === 'forward' || state.phase === 'done')) {
    return forAll(newest);
  }
  return {
    newest,
    of: (node) => {
      const target = targetOf(rollout, waveOf(live, node), node.accepted);
      if (target.kind === 'none') return { isLater: target.isLater };
      const revision = revisions.get(target.number);
      return revision === undefined
        ? { isLater: target.isLater }
        : { ...given(revision), isLater: target.isLater };
    },
    isTold: (node) => isToldToRollBack(rollout, waveOf(live, node)),
  };
}

/** The place of the node's wave. */
export function waveOf({ rollout, members }: LiveRollout, node: AssignedNode): number {
  const { strategy, waves } = rollout;
  if (waves.length === 1) return 0;
  const { name, facts } = node;
  return members.get(name) ?? waveOfNewNode(strategy, waves, { name, labels: facts.labels });
}

/** Nobody gets a revision that a person rolled back. */
function given(revision: Revision): Assigned {
  return revision.decided === 'rolled-back' ? { isLater: false } : { revision, isLater: false };
}
