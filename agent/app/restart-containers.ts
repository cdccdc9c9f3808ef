/** Restarts containers so many at a time, and stops at the first that does not come back. */
import type { ContainerId } from '../../core/lxd/observed-host.ts';
import { AppError } from '../../runtime/errors.ts';
import { waitUntilUp, type Restarting } from './wait-until-up.ts';

export interface RestartLimits {
  readonly parallel: number;
  /** For each to shut down, and again to be up. */
  readonly timeoutSeconds: number;
}

export interface RestartReport {
  readonly restarted: readonly ContainerId[];
  readonly failed: readonly FailedRestart[];
  /** Not begun. */
  readonly left: readonly ContainerId[];
}

export interface FailedRestart {
  readonly container: ContainerId;
  readonly why: string;
  /** Trying again may help. */
  readonly retryable: boolean;
}

export async function restartContainers(
  restarting: Restarting,
  containers: readonly ContainerId[],
  { parallel, timeoutSeconds }: RestartLimits,
  begins: (batch: readonly ContainerId[], left: number) => void = () => undefined,
): Promise<RestartReport> {
  const restarted: ContainerId[] = [];
  for (let from = 0; from < containers.length; from += parallel) {
    const batch = containers.slice(from, from + parallel);
    begins(batch, Math.max(containers.length - from - parallel, 0));
    const ended = await Promise.all(
      batch.map((container) => restartContainer(restarting, container, timeoutSeconds)),
    );
    const failed = ended.filter((one) => one !== undefined);
    const lost = new Set(failed.map(({ container }) => container));
    restarted.push(...batch.filter((container) => !lost.has(container)));
    if (failed.length > 0) {
      return { restarted, failed, left: containers.slice(from + parallel) };
    }
  }
  return { restarted, failed: [], left: [] };
}

async function restartContainer(
  restarting: Restarting,
  id: ContainerId,
  timeoutSeconds: number,
): Promise<FailedRestart | undefined> {
  try {
    await restartAndWait(restarting, id, timeoutSeconds);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { container: id, why: error.message, retryable: error.retryable };
  }
}

async function restartAndWait(
  restarting: Restarting,
  id: ContainerId,
  timeoutSeconds: number,
): Promise<void> {
  const { host } = restarting;
  const before = await host.look(id);
  if (before === undefined) throw new AppError('not-found', `LXD has no container "${id.name}"`);
  const agent = await host.agentInside(before);
  if (before.inside === undefined) await host.start(id);
  else await host.restart(id, timeoutSeconds);
  const { inside } = await waitUntilUp(restarting, id, { agent, timeoutSeconds });
  if (before.inside === undefined || inside?.pid !== before.inside.pid) return;
  const message = `container "${id.name}" runs on, and was not restarted`;
  throw new AppError('apply-failed', message, { retryable: true });
}

/** Brings back what may be down because a restart was cut off, by LXD's end or ours. @throws AppError */
export async function bringBack(
  restarting: Restarting,
  id: ContainerId,
  timeoutSeconds: number,
): Promise<void> {
  const { host } = restarting;
  const found = await host.look(id);
  if (found === undefined) return;
  if (found.inside === undefined) await host.start(id);
  await waitUntilUp(restarting, id, { agent: 'none', timeoutSeconds });
}
