/**
 * The barrier of a rollout: every node has to be prepared, which means that it has confirmed the
 * configuration without the cluster-wide resources, before these change for all nodes at once.
 */
import type { Step } from '../../schemas/generated/fleet-preview.ts';
import type { RolloutBarrier } from '../../schemas/generated/rollout-record.ts';
import type { RolloutStrategy } from '../../schemas/generated/rollout-strategy.ts';
import { issueAt } from '../findings.ts';
import type { Issue } from '../issue.ts';
import { nameSome } from '../name-some.ts';
import type { Judged } from './judged.ts';
import { goneOf, nothing, openOf, sumOf, type AbsentNode, type Seen } from './seen.ts';
import { stepName, wavesOfStep, type Rollout } from './steps.ts';
import type { RolloutTerms } from './strategy.ts';

type Kind = RolloutBarrier['kinds'][number];

/**
 * The kinds of changes with which a node that has not prepared itself loses traffic. The mesh that
 * begins, and another port, are not among them: Calico makes these changes on each node by itself.
 */
const barrierKinds = ['mesh-off', 'as-numbers', 'peers', 'encapsulation', 'platform'] as const;

const reasons: Readonly<Record<Kind, string>> = {
  'mesh-off': 'the mesh ends',
  'as-numbers': 'AS numbers change',
  peers: 'peers of several nodes change or go',
  encapsulation: 'pools tunnel in another way',
  platform: 'files of the platform change',
  unknown: 'what changes is not known, because this version cannot read the revision before',
};

/** @param steps undefined: they are not known @returns undefined: the nodes need not wait for each other */
export function barrierFor(
  steps: readonly Pick<Step, 'kind'>[] | undefined,
): RolloutBarrier | undefined {
  if (steps === undefined) return { kinds: ['unknown'] };
  const named = new Set(steps.map(({ kind }) => kind));
  const kinds = barrierKinds.filter((kind) => named.has(kind));
  return kinds.length === 0 ? undefined : { kinds };
}

/** Where the nodes may have one of several contents: each of the kinds counts. */
export function uniteBarriers(
  barriers: readonly (RolloutBarrier | undefined)[],
): RolloutBarrier | undefined {
  const named = new Set(barriers.flatMap((barrier) => barrier?.kinds ?? []));
  const kinds = [...barrierKinds, 'unknown' as const].filter((kind) => named.has(kind));
  return kinds.length === 0 ? undefined : { kinds };
}

/** `the mesh ends, AS numbers change` */
export function barrierText({ kinds }: RolloutBarrier): string {
  return kinds.map((kind) => reasons[kind]).join(', ');
}

/** The waves that would begin after the cluster-wide resources have changed, which nodes have to be prepared for. */
export function checkBarrier(
  strategy: RolloutStrategy,
  barrier: RolloutBarrier,
  wavesAfter: readonly string[],
): readonly Issue[] {
  if (wavesAfter.length === 0) return [];
  const { clusterShare = 'last' } = strategy;
  return [
    issueAt(
      { pointer: '/clusterShare' },
      'error',
      'wave-after-barrier',
      `the cluster-wide resources would change after the wave "${clusterShare}", and ${barrierText(barrier)}: the nodes of later waves (${nameSome(wavesAfter)}) are not prepared for that, and would lose sessions`,
      'leave clusterShare out, or write last; with --accept-loss the rollout begins so',
    ),
  ];
}

export interface Arrived {
  /** Nodes that are prepared, and connected. */
  readonly arrived: number;
  /** All nodes that are waited for, with those that have arrived. */
  readonly nodes: number;
  /** How many are waited for, without those that a person left behind. */
  readonly waited: number;
}

/** The nodes that have not arrived, without those that a person left behind. */
export function awaitedNodes({ state }: Rollout, { absent = [] }: Seen): readonly AbsentNode[] {
  const { unprepared = [] } = state;
  if (unprepared.length === 0) return absent;
  const left = new Set(unprepared);
  return absent.filter(({ node }) => !left.has(node));
}

/** The nodes of the step that confirmed and disconnected, without those that a person left behind. */
export function awaitedGone(rollout: Rollout, seen: Seen): readonly string[] {
  const left = new Set(rollout.state.unprepared);
  return goneOf(seen, wavesOfStep(rollout)).filter((node) => !left.has(node));
}

/** The nodes at the barrier. */
export function countArrived(
  rollout: Rollout,
  { barrier: { away } }: RolloutTerms,
  seen: Seen,
): Arrived {
  const waves = wavesOfStep(rollout);
  const current = sumOf(waves.map((wave) => seen.waves[wave] ?? nothing));
  const gone = goneOf(seen, waves).length;
  const absent = current.left + current.away + gone;
  const arrived = current.confirmed - gone;
  const missing = current.failed + current.working + (away === 'wait' ? absent : 0);
  const { absent: named = [] } = seen;
  const waited = missing - (named.length - awaitedNodes(rollout, seen).length);
  return { arrived, nodes: arrived + waited, waited };
}

/** A failed node is waited for as well: a person can mend it, forget it, or go on without it. */
export function judgeBarrier(
  rollout: Rollout,
  terms: RolloutTerms,
  seen: Seen,
  ms: number,
): Judged {
  const { waited, nodes } = countArrived(rollout, terms, seen);
  if (seen.mayReturn === true) return { kind: 'working' };
  if (waited === 0) return { kind: 'confirmed' };
  if (ms - rollout.state.sinceMs < terms.barrier.limitMs) return { kind: 'working' };
  const absent = awaitedNodes(rollout, seen);
  const late = `${String(waited)} of ${String(nodes)} nodes were not prepared in time: ${absentText(absent)}`;
  const why = `the barrier before ${stepName(rollout)}: ${late}`;
  const { failed } = openOf(seen, wavesOfStep(rollout));
  const decision = { tolerated: failed, unprepared: absent.map(({ node }) => node) };
  return { kind: 'failed', why, decision };
}

/** `node-3 (away), node-7 (on the way)` */
export function absentText(absent: readonly AbsentNode[]): string {
  return nameSome(absent.map(({ node, why }) => `${node} (${why})`));
}
