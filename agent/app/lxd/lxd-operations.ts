/** What an agent of a host of containers does beside its plan: it looks inside, and restarts. */
import { reportContainers } from '../../../core/lxd/container-report.ts';
import type { ObservedHost } from '../../../core/lxd/observed-host.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';
import type { Loop } from '../reconcile/loop.ts';
import { chooseContainers, describeLxd, type LxdReport } from './report.ts';
import type { ReconcileDeps } from '../reconcile/reconcile-deps.ts';
import type { RestartReport } from './restart-containers.ts';
import { createRollingRestarts } from './rolling-restarts.ts';

export interface LxdOperations {
  report(): Promise<LxdReport>;
  /** @param names of containers; none: those that need it. @throws AppError */
  restart(names: readonly string[], signal?: AbortSignal): Promise<RestartReport>;
  /** After a pass of the loop: the next rolling restart, where one is due. Never throws. */
  afterPass(delayMs: number | undefined): Promise<number | undefined>;
  /** For the status, after what is in force. */
  remark(): string;
}

export interface LxdOperationsDeps {
  readonly host: LxdHost;
  readonly reconcile: ReconcileDeps;
  readonly loop: Loop;
  /** As last seen. */
  readonly lastSeen: () => ObservedHost | undefined;
  /** What the pass saw that is over. */
  readonly takeSeen: () => ObservedHost | undefined;
}

export function createLxdOperations(deps: LxdOperationsDeps): LxdOperations {
  const { host, reconcile, loop, lastSeen, takeSeen } = deps;
  const { state, writer, wantedOf } = reconcile;
  const restarts = createRollingRestarts(host, reconcile);
  const projectNow = async (): Promise<string> => {
    const { inForce } = state.current();
    const wanted = inForce === undefined ? undefined : await wantedOf(inForce);
    return wanted?.desired.host?.settings?.project ?? 'default';
  };
  return {
    report: async () => {
      const { bpffsMounted, lxd } = await host.observe();
      const { policy } = await restarts.policyNow();
      const halted = restarts.halted();
      const restart = { policy, ...(halted !== undefined && { halted }) };
      return { ...describeLxd(lxd), bpffsMounted, restart };
    },
    restart: (names, signal) =>
      loop.between(async () => {
        const hold = writer.holdInForce();
        if (hold !== undefined) {
          throw new AppError('held', `cannot restart: ${hold.by} put it on hold: ${hold.why}`);
        }
        const policy = await restarts.policyNow();
        if (policy.policy === 'never') throw neverRestarts();
        const { lxd } = await host.observe();
        const chosen = chooseContainers(lxd, names, await projectNow());
        return restarts.run(chosen, { policy, lxd, ...(signal && { signal }) });
      }),
    afterPass: (delayMs) => restarts.rollOn(delayMs, takeSeen()?.lxd),
    remark: () => {
      const halted = restarts.halted();
      if (halted !== undefined) return `; restarting stopped: ${halted.why}`;
      const lxd = lastSeen()?.lxd;
      if (lxd?.state !== 'there') return '';
      const due = reportContainers(lxd).filter(({ needsRestart }) => needsRestart).length;
      if (due === 0) return '';
      const who = due === 1 ? '1 container needs' : `${String(due)} containers need`;
      return `; ${who} a restart: see calico-agent lxd status`;
    },
  };
}

function neverRestarts(): AppError {
  return new AppError(
    'bad-request',
    'cannot restart: the configuration says restart.policy: never; make it manual, or use lxc restart',
  );
}
