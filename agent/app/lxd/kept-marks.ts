/** The marks of restarts in the agent's state. They are on disk before a container goes down. */
import type { ContainerId } from '../../../core/lxd/observed-lxd.ts';
import type { Reconciling } from '../reconcile/reconcile-deps.ts';
import { idOf, isEmpty, noMarks, withHalted, type RestartMarks } from './restart-marks.ts';

export interface KeptMarks {
  now(): RestartMarks;
  change(change: (before: RestartMarks) => RestartMarks): Promise<void>;
  /** Stops restarting containers for the revision that is in force. */
  halt(container: ContainerId, why: string): Promise<void>;
}

export function createKeptMarks({
  records: { state },
  clock,
  report: { logger },
}: Pick<Reconciling, 'records' | 'clock' | 'report'>): KeptMarks {
  const change: KeptMarks['change'] = (apply) =>
    state.change(({ containerRestarts = noMarks, ...rest }) => {
      const after = apply(containerRestarts);
      const next = isEmpty(after) ? rest : { ...rest, containerRestarts: after };
      return { state: next, result: undefined };
    });
  return {
    now: () => state.current().containerRestarts ?? noMarks,
    change,
    halt: async (container, why) => {
      const revision = state.current().inForce;
      logger.error(`restarting containers stops: ${why}`);
      if (revision === undefined) return;
      const halted = { container: idOf(container), at: clock.now(), why, revision };
      await change((before) => withHalted(before, halted));
    },
  };
}
