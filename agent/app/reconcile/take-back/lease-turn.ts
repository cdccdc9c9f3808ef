/**
 * The turn of a node to restart its services without a revision about which the nodes could report: the agent that holds
 * the writer lease restarts, and keeps the lease until all nodes are Ready again. If it is killed, the lease expires.
 */
import { nameSome } from '../../../../core/name-some.ts';
import type { ClusterNode } from '../../../../core/platform/cluster/observed-cluster.ts';
import { reasonOf } from '../../../../runtime/errors.ts';
import type { Logger } from '../../../../runtime/log/logger.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { ClusterWriter } from '../../apply/cluster-writer.ts';

export interface LeaseTurn {
  /** Why this node may not restart its services yet; undefined: it may. */
  awaits(): Promise<string | undefined>;
  begun(): void;
  /** For what the next node has to wait; undefined: this node's turn is over, or it had none. */
  settles(): Promise<string | undefined>;
}

export interface LeaseTurnDeps {
  readonly writer: Pick<ClusterWriter, 'takeTurn' | 'done'>;
  /** Absent: nobody can read whether nodes are Ready. */
  readonly clusterNodes?: () => Promise<readonly ClusterNode[]>;
  /** There may be other nodes. */
  readonly hasOthers: () => boolean;
  readonly clock: Pick<Clock, 'elapsed' | 'random'>;
  readonly logger: Pick<Logger, 'warn'>;
}

/** A node whose kubelet is down stays Ready for up to 50 s: see core/plan/platform/platform-gates.ts. */
const stableMs = 60_000;
/** A node that is not back by then does not come back by waiting. */
const longestMs = 10 * 60_000;
/** The rejected configuration may be the reason that nothing answers: then this node restarts all the same. */
const unreachableMs = 120_000;

export function createLeaseTurn(deps: LeaseTurnDeps): LeaseTurn {
  const { writer, clusterNodes, hasOthers, clock, logger } = deps;
  /** Not Ready when this agent began to wait: nobody waits for those. */
  let downBefore: ReadonlySet<string> | undefined;
  let unreachable: { readonly sinceMs: number; readonly forMs: number } | undefined;
  let begunMs: number | undefined;

  const awaited = async (): Promise<readonly string[]> => {
    const nodes = (await clusterNodes?.()) ?? [];
    const down = nodes.filter(({ ready }) => !ready).map(({ name }) => name);
    downBefore ??= new Set(down);
    return down.filter((name) => downBefore?.has(name) !== true);
  };
  const failed = (error: unknown): string | undefined => {
    unreachable ??= {
      sinceMs: clock.elapsed(),
      forMs: unreachableMs * (1 + clock.random()),
    };
    const why = `nobody can be asked whether it is this node's turn: ${reasonOf(error)}`;
    if (clock.elapsed() - unreachable.sinceMs < unreachable.forMs) return why;
    logger.warn('restarting services without a turn', { reason: reasonOf(error) });
    return undefined;
  };
  const end = async (): Promise<undefined> => {
    begunMs = undefined;
    downBefore = undefined;
    unreachable = undefined;
    await writer.done();
    return undefined;
  };
  return {
    awaits: async () => {
      try {
        const down = await awaited();
        if (down.length > 0) return `not Ready: ${nameSome(down)}`;
        const holder = await writer.takeTurn();
        unreachable = undefined;
        return holder === undefined ? undefined : `first comes node "${holder}"`;
      } catch (error) {
        return failed(error);
      }
    },
    begun: () => {
      begunMs = clock.elapsed();
    },
    settles: async () => {
      if (begunMs === undefined) return undefined;
      const waitedMs = clock.elapsed() - begunMs;
      if (!hasOthers() || waitedMs >= longestMs) return end();
      try {
        const down = await awaited();
        if (down.length > 0) return `not Ready: ${nameSome(down)}`;
      } catch (error) {
        return reasonOf(error);
      }
      return waitedMs < stableMs ? 'all nodes have to stay Ready for a minute' : end();
    },
  };
}
