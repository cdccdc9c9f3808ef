/**
 * Operations of an agent with the role lxd-host besides its plan: reports on containers, and
 * restarts.
 */
import type { ObservedLxd } from '../../../core/lxd/observed-lxd.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';
import type { Loop } from '../reconcile/loop.ts';
import type { Reconciling } from '../reconcile/reconcile-deps.ts';
import { chooseContainers, describeLxd, type LxdReport } from './report.ts';
import type { RestartReport } from './restart-containers.ts';
import { createRollingRestarts } from './rolling-restarts.ts';

/** Each throws AppError not-found when the agent does not have the role lxd-host. */
export interface LxdOperations {
  report(): Promise<LxdReport>;
  /**
   * @param names of containers; none: those that need a restart.
   * @param signal aborted: no further restart begins. @throws AppError
   */
  restart(names: readonly string[], signal?: AbortSignal): Promise<RestartReport>;
}

export interface RunningLxd extends LxdOperations {
  /**
   * Called after each pass of the loop: makes the next rolling restart, where one is due. Never
   * throws.
   */
  afterPass(delayMs: number | undefined): Promise<number | undefined>;
}

export interface LxdOperationsDeps {
  readonly lxd: LxdHost;
  readonly reconciling: Reconciling;
  readonly loop: Pick<Loop, 'between'>;
  /** The observation of the pass that has just ended; undefined: it made none. */
  readonly takeObserved: () => ObservedLxd | undefined;
}

export function createLxdOperations(deps: LxdOperationsDeps): RunningLxd {
  const { lxd, reconciling, loop, takeObserved } = deps;
  const { records, writer, derivedOf } = reconciling;
  const restarts = createRollingRestarts(lxd, reconciling);
  const projectNow = async (): Promise<string> => {
    const { inForce } = records.state.current();
    const derived = inForce === undefined ? undefined : await derivedOf(inForce);
    return derived?.desired.lxd?.settings?.project ?? 'default';
  };
  return {
    report: async () => {
      const { bpffsMounted, daemon } = await lxd.observe();
      const { policy } = await restarts.policyNow();
      const halted = restarts.halted();
      const restart = { policy, ...(halted !== undefined && { halted }) };
      return { ...describeLxd(daemon), bpffsMounted, restart };
    },
    restart: (names, signal) =>
      loop.between(async () => {
        const hold = writer.holdInForce();
        if (hold !== undefined) {
          throw new AppError('held', `cannot restart: ${hold.by} put it on hold: ${hold.why}`);
        }
        const policy = await restarts.policyNow();
        if (policy.policy === 'never') throw neverRestarts();
        const { daemon } = await lxd.observe();
        const chosen = chooseContainers(daemon, names, await projectNow());
        return restarts.run(chosen, { policy, daemon, ...(signal && { signal }) });
      }),
    afterPass: (delayMs) => restarts.rollOn(delayMs, takeObserved()?.daemon),
  };
}

/** The operations of an agent without the role lxd-host. */
export function withoutLxd(): RunningLxd {
  const refuse = (): Promise<never> => Promise.reject(notLxdHost());
  return { report: refuse, restart: refuse, afterPass: (delayMs) => Promise.resolve(delayMs) };
}

function notLxdHost(): AppError {
  return new AppError(
    'not-found',
    'this agent does not manage LXD: agent.yaml has no role: lxd-host',
  );
}

function neverRestarts(): AppError {
  return new AppError(
    'bad-request',
    'cannot restart: the configuration says restart.policy: never; make it manual, or use lxc restart',
  );
}
