/** Restarts a number of containers at a time, and stops at the first that does not come back. */
import type { ContainerId } from '../../../core/lxd/observed-lxd.ts';
import { AppError } from '../../../runtime/errors.ts';
import { waitUntilUp, type Restarting } from './wait-until-up.ts';

export interface RestartLimits {
  readonly parallel: number;
  /** Time for a container to shut down, and the same again to be up. */
  readonly timeoutSeconds: number;
}

/** The caller's steps between those of the restarts. */
export interface RestartSteps {
  /** Asked before each batch; default: yes. */
  readonly mayBegin?: () => boolean;
  /** Called before the first container of the batch goes down. */
  readonly begins?: (batch: readonly ContainerId[], left: number) => Promise<void>;
  /**
   * Called for a container that did not shut down in time. It may do so later, and nobody starts it
   * then.
   */
  readonly gaveUp?: (container: ContainerId) => void;
}

export interface RestartReport {
  readonly restarted: readonly ContainerId[];
  readonly failed: readonly FailedRestart[];
  /** Containers whose restart has not begun. */
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
  steps: RestartSteps = {},
): Promise<RestartReport> {
  const restarted: ContainerId[] = [];
  for (let from = 0; from < containers.length; from += parallel) {
    if (steps.mayBegin?.() === false) {
      return { restarted, failed: [], left: containers.slice(from) };
    }
    const batch = containers.slice(from, from + parallel);
    await steps.begins?.(batch, Math.max(containers.length - from - parallel, 0));
    const ended = await Promise.all(
      batch.map((container) => restartContainer(restarting, container, timeoutSeconds, steps)),
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
  steps: RestartSteps,
): Promise<FailedRestart | undefined> {
  try {
    await restartAndWait(restarting, id, timeoutSeconds, steps);
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
  { gaveUp }: RestartSteps,
): Promise<void> {
  const { lxd } = restarting;
  const before = await lxd.look(id);
  if (before === undefined) throw new AppError('not-found', `LXD has no container "${id.name}"`);
  const agent = await lxd.agentInside(before);
  if (before.inside === undefined) await lxd.start(id);
  else {
    await lxd.restart(id, timeoutSeconds).catch((error: unknown) => {
      gaveUp?.(id);
      throw error;
    });
  }
  const withNetwork = before.inside?.networkUp === true;
  const expected = { agent, withNetwork, timeoutSeconds };
  const { inside } = await waitUntilUp(restarting, id, expected);
  if (before.inside === undefined || inside?.pid !== before.inside.pid) return;
  const message = `container "${id.name}" runs on, and was not restarted`;
  throw new AppError('apply-failed', message, { retryable: true });
}
