/**
 * Rolling restarts of containers that need one. The agent marks them on disk before the first goes
 * down, and restarts a few at a time, within the window, each once for the settings that it lacks.
 * It halts at the first container that does not come back.
 */
import { reportContainers } from '../../../core/lxd/container-report.ts';
import type { ContainerId, ObservedLxd } from '../../../core/lxd/observed-lxd.ts';
import { isOpen } from '../../../core/lxd/restart-window.ts';
import { defaultRestart, type RestartPolicy } from '../../../core/lxd/settings.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';
import type { AgentState } from '../state/agent-state.ts';
import { bringBackAll } from './bring-back-restarted.ts';
import { localTime } from '../../../runtime/process/local-time.ts';
import { createKeptMarks } from './kept-marks.ts';
import type { HaltedRestart } from './report.ts';
import type { Reconciling } from '../reconcile/reconcile-deps.ts';
import type { RestartReport } from './restart-containers.ts';
import * as marks from './restart-marks.ts';
import { runRestarts, type RestartOrder, type RunDeps } from './run-restarts.ts';
import type { Restarting } from './wait-until-up.ts';

type Daemon = ObservedLxd['daemon'];

export interface RollingRestarts {
  /** The restart policy of the revision in force. */
  policyNow(): Promise<RestartPolicy>;
  halted(): HaltedRestart | undefined;
  run(containers: readonly ContainerId[], order: RestartOrder): Promise<RestartReport>;
  /**
   * Brings back containers that restarts left down, and restarts the next ones where they are due.
   * Returns after how many ms to observe again. Never throws.
   * @param delayMs the result where nothing is due
   * @param daemon as this pass observed it; undefined: the pass observed none
   */
  rollOn(delayMs: number | undefined, daemon: Daemon | undefined): Promise<number | undefined>;
}

export type RestartDeps = Pick<
  Reconciling,
  'records' | 'clock' | 'report' | 'writer' | 'derivedOf' | 'policy'
>;

interface Rolling extends RunDeps {
  readonly clock: RestartDeps['clock'];
  readonly policyNow: () => Promise<RestartPolicy>;
}

/** How long a container that shuts down late may stay down. */
const slowMs = 30_000;

export function createRollingRestarts(lxd: LxdHost, deps: RestartDeps): RollingRestarts {
  const { records, clock, report, writer } = deps;
  const { state } = records;
  const { isStopping } = deps.policy;
  const restarting: Restarting = { lxd, clock, isStopping };
  const kept = createKeptMarks(deps);
  const policyNow = async (): Promise<RestartPolicy> => {
    const { inForce } = state.current();
    if (inForce === undefined) return defaultRestart;
    const { desired } = await deps.derivedOf(inForce);
    return desired.lxd?.settings?.restart ?? defaultRestart;
  };
  const rolling: Rolling = { restarting, kept, records, report, writer, clock, policyNow };

  return {
    policyNow,
    halted: () => marks.haltedFor(kept.now(), state.current().inForce),
    run: (containers, order) => runRestarts(rolling, containers, order),
    rollOn: async (delayMs, daemon) => {
      if (isStopping()) return delayMs;
      const before = kept.now().halted;
      let next = delayMs;
      try {
        // This comes first, and also under a hold, because no container is to stay down.
        await bringBackDown(rolling);
        next = await restartNext(rolling, delayMs, daemon);
      } catch (error) {
        report.logger.warn('cannot restart containers now; trying again', {
          reason: reasonOf(error),
        });
      }
      if (kept.now().halted !== before) {
        // The next pass shows it in the status.
        return 0;
      }
      const isSlow = (kept.now().slow ?? []).length > 0;
      return isSlow ? Math.min(next ?? slowMs, slowMs) : next;
    },
  };
}

async function bringBackDown({ kept, restarting, report, policyNow }: Rolling): Promise<void> {
  const { under, slow = [] } = kept.now();
  if (under.length + slow.length === 0) return;
  const { timeoutSeconds } = await policyNow();
  await bringBackAll({ restarting, logger: report.logger, timeoutSeconds }, kept);
}

/** Returns after how many ms to observe again. */
async function restartNext(
  rolling: Rolling,
  delayMs: number | undefined,
  daemon: Daemon | undefined,
): Promise<number | undefined> {
  const { kept, records, writer, clock } = rolling;
  const revision = newestInForce(records.state.current());
  if (revision === undefined || daemon?.state !== 'there') return delayMs;
  if (writer.holdInForce() !== undefined) return delayMs;
  const { halted } = kept.now();
  if (halted && !daemon.containers.some((one) => marks.isSame(one, halted.container))) {
    await kept.change(marks.withoutHalted);
  }
  const policy = await rolling.policyNow();
  if (policy.policy !== 'rolling' || marks.haltedFor(kept.now(), revision)) return delayMs;
  const due = reportContainers(daemon).filter(({ needsRestart }) => needsRestart);
  const useless = due.find((one) => marks.wasTried(kept.now(), one, { daemon, revision }));
  if (useless !== undefined) {
    const what = marks.lackedBy(useless).join(', ');
    await kept.halt(useless, `container "${useless.name}" still lacks ${what} after its restart`);
    return delayMs;
  }
  if (due.length === 0 || !isOpen(policy.window, localTime(clock.now()))) return delayMs;
  const next = due.slice(0, policy.parallel).map(marks.idOf);
  const beyond = due.length - next.length;
  const { failed } = await runRestarts(rolling, next, { policy, daemon, beyond });
  return failed.length > 0 ? delayMs : 0;
}

/** The accepted revision, if it is in force. */
function newestInForce({ accepted, inForce }: AgentState): RevisionRef | undefined {
  if (accepted === undefined || inForce === undefined) return undefined;
  return sameRevision(accepted, inForce) ? inForce : undefined;
}
