/** Restarts the chosen containers, and marks on disk which restarts are under way. */
import { reportContainers } from '../../../core/lxd/container-report.ts';
import type { ContainerId, ObservedLxd } from '../../../core/lxd/observed-lxd.ts';
import type { RestartPolicy } from '../../../core/lxd/settings.ts';
import { nameSome } from '../../../core/name-some.ts';
import type { Reconciling } from '../reconcile/reconcile-deps.ts';
import type { KeptMarks } from './kept-marks.ts';
import { restartContainers, type RestartReport } from './restart-containers.ts';
import * as marks from './restart-marks.ts';
import type { Restarting } from './wait-until-up.ts';

export interface RestartOrder {
  readonly policy: RestartPolicy;
  /** LXD as observed when the containers were chosen. */
  readonly daemon: ObservedLxd['daemon'];
  /** The number of containers that remain after these. */
  readonly beyond?: number;
  /** Aborted when the client that asked for the restarts went away. */
  readonly signal?: AbortSignal;
}

export interface RunDeps extends Pick<Reconciling, 'records' | 'report' | 'writer'> {
  readonly restarting: Restarting;
  readonly kept: KeptMarks;
}

export async function runRestarts(
  { restarting, kept, records, report, writer }: RunDeps,
  containers: readonly ContainerId[],
  { policy, daemon, beyond = 0, signal }: RestartOrder,
): Promise<RestartReport> {
  const reports = daemon.state === 'there' ? reportContainers(daemon) : [];
  const begins = async (batch: readonly ContainerId[], left: number): Promise<void> => {
    const names = nameSome(batch.map(({ name }) => name));
    const message = `restarting ${names}, ${String(left + beyond)} more to go`;
    report.show({ state: 'in-force', message });
    report.logger.info(message);
    const revision = records.state.current().inForce;
    // The marks are on disk before the first container goes down, so that none stays down.
    await kept.change((before) => marks.withBegun(before, batch, { daemon, reports, revision }));
  };
  const mayBegin = (): boolean =>
    !restarting.isStopping() && signal?.aborted !== true && writer.holdInForce() === undefined;
  const late: ContainerId[] = [];
  const gaveUp = (container: ContainerId): void => void late.push(container);
  const steps = { mayBegin, begins, gaveUp };
  const ended = await restartContainers(restarting, containers, policy, steps);
  await kept.change((before) => marks.withEnded(before, ended, late));
  const final = ended.failed.find(({ retryable }) => !retryable);
  if (final !== undefined) await kept.halt(final.container, final.why);
  return ended;
}
