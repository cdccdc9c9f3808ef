/** Reads the gate before a restart of this node's services. */
import { isOpen } from '../../../../core/lxd/restart-window.ts';
import { nameSome } from '../../../../core/name-some.ts';
import type { GateOf } from '../../../../core/plan/gate.ts';
import type { ClusterNode } from '../../../../core/platform/cluster/observed-cluster.ts';
import { sameRevision } from '../../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../../core/revision/revision.ts';
import type { FleetVerdict } from '../../../../core/fleet/judge-fleet.ts';
import { localTime } from '../../../../runtime/process/local-time.ts';
import type { GateQuestion, GateReading } from '../gates.ts';

type TurnReader = (gate: GateOf<'restart-turn'>, question: GateQuestion) => Promise<GateReading>;

/** As GateSources. */
export interface TurnSources {
  readonly now: () => string;
  readonly clusterNodes?: () => Promise<readonly ClusterNode[]>;
  readonly fleet?: {
    alone(): string | undefined;
    isOnlyNode(revision: RevisionRef): boolean;
    judgeTurn(revision: RevisionRef, parallel: number): FleetVerdict;
    restarting(revision: RevisionRef): readonly string[];
  };
}

interface Before {
  readonly revision: RevisionRef;
  /** Nodes that were not Ready when this agent began to wait: nobody waits for them. */
  readonly down: ReadonlySet<string>;
  /** At the last reading; a correction of the same revision later begins to wait anew. */
  waitedMs: number;
}

/** The reading under the writer lease may count a few seconds less than the one before. */
const anewMs = 30_000;

/**
 * The cluster's nodes are read when the wait begins, and again when the others let this node go: each agent so reads
 * them only a few times.
 */
export function createTurnReader({ clusterNodes, fleet, now }: TurnSources): TurnReader {
  let before: Before | undefined;
  const closed = (why: string): GateReading => ({ isOpen: false, why });
  let downSinceMs: number | undefined;
  return async ({ parallel, window }, { revision, isRollingBack, waitedMs }) => {
    const isKnown =
      before !== undefined &&
      sameRevision(before.revision, revision) &&
      waitedMs + anewMs >= before.waitedMs;
    if (!isKnown && clusterNodes !== undefined) {
      // An agent that comes late finds nodes down because of this very change: it waits for those.
      const restarting = fleet?.restarting(revision) ?? [];
      const down = notReady(await clusterNodes()).map(({ name }) => name);
      before = {
        revision,
        down: new Set(down.filter((name) => !restarting.includes(name))),
        waitedMs,
      };
    }
    if (before !== undefined) before.waitedMs = waitedMs;
    // The way back does not wait for the night.
    if (!isRollingBack && !isOpen(window, localTime(now()))) {
      return closed('the window for restarts is closed');
    }
    const others = fleet?.alone() === undefined ? fleet : undefined;
    const verdict = others?.judgeTurn(revision, parallel);
    if (verdict?.isOpen === false) return verdict;
    if (clusterNodes === undefined) {
      // Without reports of other nodes, no later reading can say more than this one.
      const isFinal = others?.isOnlyNode(revision) !== false;
      return { isOpen: true, passedOver: unreadable, ...(isFinal && { isFinal }) };
    }
    const nodes = await clusterNodes();
    const down = notReady(nodes);
    const awaited = down.filter(({ name }) => before?.down.has(name) !== true);
    if (awaited.length > 0) {
      downSinceMs = Math.min(downSinceMs ?? waitedMs, waitedMs);
      const why = awaited.slice(0, mostNamed).map(downText).join(', ');
      return waitedMs - downSinceMs < longestDownMs
        ? closed(why)
        : { isOpen: false, why, broken: why };
    }
    downSinceMs = undefined;
    // The stable time is for other nodes: they may go down after their restart, or have begun one.
    if (down.length === 0) return { isOpen: true, ...(nodes.length === 1 && { isFinal: true }) };
    const names = nameSome(down.map(({ name }) => name));
    return { isOpen: true, passedOver: `not Ready before the change either: ${names}` };
  };
}

const unreadable = 'this agent cannot read whether the nodes are Ready';
const mostNamed = 3;
/** A node that is not back by then does not come back by waiting. */
const longestDownMs = 10 * 60_000;

function notReady(nodes: readonly ClusterNode[]): readonly ClusterNode[] {
  return nodes.filter(({ ready }) => !ready);
}

function downText({ name, why }: ClusterNode): string {
  return `${name} is not Ready${why === undefined ? '' : `: ${why}`}`;
}
