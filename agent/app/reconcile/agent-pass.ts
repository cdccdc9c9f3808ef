/** One pass of the loop: the state directory, the facts, the watch, the reconciliation, and LXD. */
import { reasonOf } from '../../../runtime/errors.ts';
import { createOpening, type Opening } from '../../../runtime/files/opening.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CurrentStatus } from '../status/current-status.ts';

export interface AgentPass {
  /** Runs the pass, and returns the ms until the next one. Never throws. */
  run(): Promise<number | undefined>;
  /** Resolves when the first pass has ended, whatever came of it. */
  first(): Promise<void>;
}

export interface AgentPassDeps {
  readonly opening: Opening;
  readonly refreshFacts: () => Promise<void>;
  /** Watches the datastore for this node. */
  readonly follow: () => Promise<void>;
  readonly reconcile: () => Promise<number | undefined>;
  readonly afterwards: (delayMs: number | undefined) => Promise<number | undefined>;
  /** Called at the end with the ms until the next pass. */
  readonly ended: (delayMs: number | undefined) => void;
  readonly logger: Pick<Logger, 'warn'>;
}

export function createAgentPass(deps: AgentPassDeps): AgentPass {
  let resolveFirst = (): void => undefined;
  const first = new Promise<void>((resolve) => {
    resolveFirst = resolve;
  });
  return {
    first: () => first,
    run: async () => {
      const closedMs = await deps.opening.attempt();
      if (closedMs !== undefined) {
        resolveFirst();
        return closedMs;
      }
      // A node's addresses may change while it runs. If they cannot be read now, the previous facts
      // stay.
      await deps.refreshFacts().catch((error: unknown) => deps.logger.warn(reasonOf(error)));
      await deps.follow();
      const delayMs = await deps.reconcile();
      resolveFirst();
      const nextMs = await deps.afterwards(delayMs);
      deps.ended(nextMs);
      return nextMs;
    },
  };
}

export interface StateOpeningDeps {
  readonly open: () => Promise<void>;
  readonly clock: Pick<Clock, 'random'>;
  readonly logger: Logger;
  readonly status: Pick<CurrentStatus, 'show'>;
}

/** Locks and reads the state directory, and shows in the status where that is not possible. */
export function createStateOpening({ open, clock, logger, status }: StateOpeningDeps): Opening {
  return createOpening({
    open,
    random: clock.random,
    logger,
    failed: ({ reason, needsPerson }) => {
      const message = `${reason}; the agent changes nothing, the configuration in force stays, and the agent tries again`;
      status.show({ state: 'failed', message, ...(needsPerson && { needsPerson }) });
    },
  });
}
