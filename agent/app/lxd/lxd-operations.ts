/** What an agent of a an LXD host does beside its plan: it looks inside, and restarts. */
import { reportContainers } from '../../../core/lxd/container-report.ts';
import type { ObservedLxd } from '../../../core/lxd/observed-lxd.ts';
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
  readonly lxd: LxdHost;
  readonly reconcile: ReconcileDeps;
  readonly loop: Loop;
  /** As last seen. */
  readonly lastSeen: () => ObservedLxd | undefined;
  /** What the pass saw that is over. */
  readonly takeSeen: () => ObservedLxd | undefined;
}

export function createLxdOperations(deps: LxdOperationsDeps): LxdOperations {
  const { lxd, reconcile, loop, lastSeen, takeSeen } = deps;
  const { state, writer, derivedOf: wantedOf } = reconcile;
  const restarts = createRollingRestarts(lxd, reconcile);
  const projectNow = async (): Promise<string> => {
    const { inForce } = state.current();
    const wanted = inForce === undefined ? undefined : await wantedOf(inForce);
    return wanted?.desired.lxd?.settings?.project ?? 'default';
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
    afterPass: (delayMs) => restarts.rollOn(delayMs, takeSeen()?.daemon),
    remark: () => {
      const halted = restarts.halted();
      if (halted !== undefined) return `; restarting stopped: ${halted.why}`;
      const daemon = lastSeen()?.daemon;
      if (daemon?.state !== 'there') return '';
      const due = reportContainers(daemon).filter(({ needsRestart }) => needsRestart).length;
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
