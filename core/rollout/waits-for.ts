/** What a rollout waits for, for people and programs. */
import { nameSome } from '../name-some.ts';
import { absentText, awaitedGone, awaitedNodes, countArrived } from './barrier.ts';
import { awaitedLate } from './judged.ts';
import { openOf, revokedOf, type AbsentNode, type Seen } from './seen.ts';
import { isOver, needsApproval, type Moment } from './step.ts';
import { stepArgument, stepName, wavesOfStep, type Rollout } from './steps.ts';
import { termsOf } from './strategy.ts';
import { isWithin, nextOpening } from './windows.ts';

export type RolloutWait =
  | { readonly kind: 'resume'; readonly text: string }
  | { readonly kind: 'approval'; readonly text: string }
  | { readonly kind: 'window'; readonly text: string; readonly opensAt?: string }
  | {
      /** confirm: all nodes that it waits for wait themselves for a person to confirm. */
      readonly kind: 'nodes' | 'confirm';
      readonly text: string;
      readonly leftSeconds?: number;
    }
  | {
      readonly kind: 'barrier';
      readonly text: string;
      readonly leftSeconds: number;
      /** Nodes that are prepared, of all that are waited for. */
      readonly arrived: number;
      readonly nodes: number;
      /** The first of the others, by name. */
      readonly absent: readonly AbsentNode[];
    }
  | { readonly kind: 'settling'; readonly text: string; readonly leftSeconds: number };

/** @returns undefined: the rollout is over, or goes on at once */
export function waitsFor(
  rollout: Rollout,
  seen: Seen,
  { ms, wallMs }: Pick<Moment, 'ms' | 'wallMs'>,
): RolloutWait | undefined {
  if (isOver(rollout)) return undefined;
  const { paused, stage, sinceMs } = rollout.state;
  const name = stepName(rollout);
  if (paused !== undefined) {
    const text = `paused by ${paused.by}: ${paused.why}; calico-controller rollout resume ${onwardText(rollout)}`;
    return { kind: 'resume', text };
  }
  if (needsApproval(rollout)) {
    const command = `calico-controller rollout approve ${stepArgument(rollout)} --rollout ${String(rollout.revisions.target)}`;
    const text = `${name}: waits for a person: ${command} lets it begin`;
    return { kind: 'approval', text };
  }
  const { windows, limitMs } = termsOf(rollout.strategy);
  if (stage === 'before') {
    const returning = seen.mayReturn === true && rollout.state.begun > 0;
    return windowWait(name, windows, wallMs) ?? (returning ? returnWait(name) : undefined);
  }
  if (stage === 'barrier') return barrierWait(rollout, seen, ms);
  if (stage === 'settling') {
    return settlingWait(rollout, seen, ms);
  }
  const { working, left } = awaitedLate(rollout, seen);
  // None of its nodes is here, or none has confirmed and a person, or the strategy, accepts the others.
  const isForAny = working.length + left.length === 0;
  const { away } = openOf(seen, wavesOfStep(rollout));
  if (isForAny && away.length === 0 && isAnswered(rollout, seen)) return undefined;
  const anyText = away.length > 0 ? 'connect and confirm' : 'confirm';
  const whom = [
    ...(isForAny ? [`a node to ${anyText}`] : []),
    ...(working.length > 0 ? [`${nodesText(working.length)} to confirm`] : []),
    ...(left.length > 0 ? [`${nodesText(left.length)} to connect again`] : []),
  ];
  const persons = new Set(seen.awaitPerson);
  const isForPerson =
    working.length > 0 && left.length === 0 && working.every((node) => persons.has(node));
  return {
    kind: isForPerson && seen.mayReturn !== true ? 'confirm' : 'nodes',
    text: `${name}: waits for ${whom.join(' and ')}${personText(seen)}${revokedText(seen, isForAny ? away : left)}`,
    ...(rollout.kind === 'rollout' && { leftSeconds: secondsUntil(sinceMs + limitMs, ms) }),
  };
}

/** Whether the next look ends the step, where no node is on the way. */
function isAnswered(rollout: Rollout, seen: Seen): boolean {
  // Without a confirmed node a wave waits for one that may still come, at most for the limit.
  if (rollout.kind === 'push' || rollout.state.phase === 'back') return true;
  return wavesOfStep(rollout).some((wave) => (seen.waves[wave]?.confirmed ?? 0) > 0);
}

/** What a person decides who resumes it, and the other way out. */
function onwardText({ state }: Rollout): string {
  // An earlier version paused it there: it cannot be aborted again.
  if (state.phase === 'back') return 'lets it go on back';
  const { stage, toleratedNodes = [], lateNodes = [], unprepared = [] } = state;
  const isBarrier = stage === 'barrier';
  const awaited = isBarrier ? lateNodes : [...lateNodes, ...unprepared];
  // Those that failed at the barrier are named as not prepared.
  const behind = new Set(isBarrier ? unprepared : awaited);
  const failed = toleratedNodes.filter((node) => !behind.has(node));
  const terms = [
    ...(failed.length > 0 ? [`although ${nameSome(failed)} failed`] : []),
    ...(awaited.length > 0 && !isBarrier ? [`without waiting for ${nameSome(awaited)}`] : []),
    ...(isBarrier && unprepared.length > 0
      ? [
          `without nodes that are not prepared (${nameSome(unprepared)}), which may be cut off until their agents are back`,
        ]
      : []),
  ];
  const how = terms.length === 0 ? '' : ` ${terms.join(' and ')}`;
  return `goes on${how}, and rollout abort goes back`;
}

const mostAbsent = 20;

function barrierWait(rollout: Rollout, seen: Seen, ms: number): RolloutWait {
  const terms = termsOf(rollout.strategy);
  const { arrived, nodes } = countArrived(rollout, terms, seen);
  const absent = awaitedNodes(rollout, seen);
  const names = absent.map(({ node }) => node);
  const whom = absent.length === 0 ? '' : `; waits for ${absentText(absent)}`;
  return {
    kind: 'barrier',
    text: `barrier before ${stepName(rollout)}: ${String(arrived)} of ${nodesText(nodes)} prepared${whom}${revokedText(seen, names)}`,
    leftSeconds: secondsUntil(rollout.state.sinceMs + terms.barrier.limitMs, ms),
    arrived,
    nodes,
    absent: absent.slice(0, mostAbsent).map(({ node, why }) => ({ node, why })),
  };
}

function personText({ awaitPerson = [] }: Seen): string {
  const { length } = awaitPerson;
  if (length === 0) return '';
  return `; ${nodesText(length)} ${length === 1 ? 'waits' : 'wait'} for a person: calico-controller confirm keeps the revision, and without it the nodes roll it back`;
}

/** Nodes that cannot arrive as they are, and what a person does about them. */
function revokedText(seen: Seen, awaited: readonly string[]): string {
  const revoked = revokedOf(seen, awaited);
  const [first] = revoked;
  if (first === undefined) return '';
  const isOne = revoked.length === 1;
  const [was, them, issue, old] = isOne
    ? ['was', 'it', 'a new certificate: issue one', 'the old one']
    : ['were', 'them', 'new certificates: issue them', 'the old ones'];
  const node = isOne ? first : 'NODE';
  const commands = `(authority of the controller: calico-controller token create --node ${node}), accept ${old} again with calico-controller revoke --undo ${node}, or take ${them} out with calico-controller forget ${node}`;
  return `; ${nameSome(revoked)} ${was} revoked, and cannot connect again without ${issue} ${commands}`;
}

function settlingWait(rollout: Rollout, seen: Seen, ms: number): RolloutWait {
  const { working } = awaitedLate(rollout, seen);
  const gone = awaitedGone(rollout, seen);
  const more = [
    ...(working.length > 0 ? [`${nodesText(working.length)} to confirm`] : []),
    ...(gone.length > 0 ? [`${nameSome(gone)} to connect again`] : []),
  ];
  const also =
    more.length === 0 ? '' : `, and waits for ${more.join(' and ')}${revokedText(seen, gone)}`;
  const { settleMs, limitMs } = termsOf(rollout.strategy);
  const settledMs = rollout.state.sinceMs + settleMs;
  const leftSeconds = secondsUntil(ms < settledMs ? settledMs : settledMs + limitMs, ms);
  return { kind: 'settling', text: `${stepName(rollout)}: settles${also}`, leftSeconds };
}

function returnWait(name: string): RolloutWait {
  const text = `${name}: waits for nodes to connect again, because the controller has just begun`;
  return { kind: 'nodes', text };
}

function windowWait(
  name: string,
  windows: Parameters<typeof isWithin>[0],
  wallMs: number,
): RolloutWait | undefined {
  if (isWithin(windows, wallMs)) return undefined;
  const opens = nextOpening(windows, wallMs);
  if (opens === undefined) return { kind: 'window', text: `${name}: waits for its window` };
  const opensAt = new Date(opens).toISOString();
  return {
    kind: 'window',
    text: `${name}: waits for its window, which opens at ${opensAt}`,
    opensAt,
  };
}

function secondsUntil(endMs: number, ms: number): number {
  return Math.max(0, Math.ceil((endMs - ms) / 1000));
}

function nodesText(count: number): string {
  return count === 1 ? '1 node' : `${String(count)} nodes`;
}
