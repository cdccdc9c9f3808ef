/**
 * Restarts of containers that lack something until then: noted on disk before the first goes down,
 * so many at a time, in the window, and no further than the first that does not come back.
 */
import { reportContainers } from '../../core/lxd/container-report.ts';
import type { ContainerId, ObservedHost } from '../../core/lxd/observed-host.ts';
import { isOpen, type LocalTime } from '../../core/lxd/restart-window.ts';
import { defaultRestart, type RestartPolicy } from '../../core/lxd/settings.ts';
import { nameSome } from '../../core/name-some.ts';
import { sameRevision } from '../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import { reasonOf } from '../../runtime/errors.ts';
import type { LxdHost } from '../ports/lxd-host.ts';
import type { HaltedRestart } from './lxd-report.ts';
import type { ReconcileDeps } from './reconcile-deps.ts';
import { bringBack, restartContainers, type RestartReport } from './restart-containers.ts';
import type { AgentState } from './state-keeper.ts';
import type { Restarting } from './wait-until-up.ts';

export interface RollingRestarts {
  /** Of the revision that is in force. */
  policyNow(): Promise<RestartPolicy>;
  halted(): HaltedRestart | undefined;
  run(containers: readonly ContainerId[], policy: RestartPolicy): Promise<RestartReport>;
  /**
   * Restarts the next where one is due. Gives back after how many ms to look again. Never throws.
   * @param delayMs where nothing is due; @param lxd as last seen
   */
  rollOn(delayMs: number | undefined, lxd: ObservedHost['lxd']): Promise<number | undefined>;
}

export function createRollingRestarts(host: LxdHost, reconcile: ReconcileDeps): RollingRestarts {
  const { state, clock, logger, share, wantedOf } = reconcile;
  const restarting: Restarting = { host, clock, isStopping: reconcile.isStopping };

  const policyNow = async (): Promise<RestartPolicy> => {
    const { inForce } = state.current();
    if (inForce === undefined) return defaultRestart;
    const { desired } = await wantedOf(inForce);
    return desired.host?.settings?.restart ?? defaultRestart;
  };
  const note = (restarts: AgentState['containerRestarts']): Promise<void> =>
    state.change(({ containerRestarts: _old, ...rest }) => ({
      state: restarts === undefined ? rest : { ...rest, containerRestarts: restarts },
      result: undefined,
    }));
  /** On disk before the first container goes down, so that none stays down. */
  const run = async (
    containers: readonly ContainerId[],
    policy: RestartPolicy,
    beyond = 0,
  ): Promise<RestartReport> => {
    const begins = (batch: readonly ContainerId[], left: number): void => {
      const names = nameSome(batch.map(({ name }) => name));
      const message = `restarting ${names}, ${String(left + beyond)} more to go`;
      reconcile.show({ state: 'in-force', message });
      logger.info(message);
    };
    await note({ ...state.current().containerRestarts, under: [...containers] });
    const report = await restartContainers(restarting, containers, policy, begins);
    const [failed] = report.failed;
    const revision = state.current().inForce;
    if (failed === undefined || revision === undefined) {
      await note(undefined);
    } else if (failed.retryable) {
      const { halted } = state.current().containerRestarts ?? {};
      await note({
        under: report.failed.map(({ container }) => container),
        ...(halted && { halted }),
      });
    } else {
      await halt(failed.container, failed.why, revision);
    }
    return report;
  };
  const halt = async (
    container: ContainerId,
    why: string,
    revision: RevisionRef,
  ): Promise<void> => {
    logger.error(`restarting containers stops: ${why}`);
    await note({ under: [], halted: { container, at: clock.now(), why, revision } });
  };
  const finishCutOff = async (policy: RestartPolicy): Promise<void> => {
    const { containerRestarts } = state.current();
    if (containerRestarts === undefined || containerRestarts.under.length === 0) return;
    const { under, ...rest } = containerRestarts;
    for (const container of under) {
      logger.info(`bringing back container "${container.name}", whose restart was cut off`);
      await bringBack(restarting, container, policy.timeoutSeconds);
    }
    await note(rest.halted === undefined ? undefined : { under: [], ...rest });
  };
  const rollOn: RollingRestarts['rollOn'] = async (delayMs, lxd) => {
    const { accepted, inForce } = state.current();
    const isSettled =
      accepted !== undefined && inForce !== undefined && sameRevision(accepted, inForce);
    if (!isSettled || lxd.state !== 'there' || share.holdInForce() !== undefined) return delayMs;
    const policy = await policyNow();
    await finishCutOff(policy);
    if (policy.policy !== 'rolling' || haltedFor(state.current(), inForce) !== undefined) {
      return delayMs;
    }
    if (!isOpen(policy.window, localTime(clock.now()))) return delayMs;
    const due = reportContainers(lxd).filter(({ needsRestart }) => needsRestart);
    if (due.length === 0) return delayMs;
    const next = due.slice(0, policy.parallel).map(idOf);
    const { failed } = await run(next, policy, due.length - next.length);
    if (failed.length > 0) return delayMs;
    await haltWhereUseless(next, inForce);
    return 0;
  };
  /** What a restart did not mend, another one will not mend either. */
  const haltWhereUseless = async (
    containers: readonly ContainerId[],
    revision: RevisionRef,
  ): Promise<void> => {
    const { lxd } = await host.observe();
    const lacking = lxd.state === 'there' ? reportContainers(lxd) : [];
    const still = lacking.find(
      (one) => one.needsRestart && containers.some((id) => isSame(id, one)),
    );
    if (still === undefined) return;
    const what = still.effects.flatMap(({ what: name, present }) =>
      present === false ? name : [],
    );
    const why = `container "${still.name}" still lacks ${what.join(', ')} after its restart`;
    await halt(idOf(still), why, revision);
  };

  return {
    policyNow,
    halted: () => haltedFor(state.current(), state.current().inForce),
    run,
    rollOn: async (delayMs, lxd) => {
      try {
        return reconcile.isStopping() ? delayMs : await rollOn(delayMs, lxd);
      } catch (error) {
        logger.warn('cannot restart containers now; trying again', { reason: reasonOf(error) });
        return delayMs;
      }
    },
  };
}

function haltedFor(
  { containerRestarts }: AgentState,
  revision: RevisionRef | undefined,
): HaltedRestart | undefined {
  const halted = containerRestarts?.halted;
  if (halted === undefined || revision === undefined) return undefined;
  return sameRevision(halted.revision, revision) ? halted : undefined;
}

function localTime(now: string): LocalTime {
  const date = new Date(now);
  return { day: date.getDay(), minute: date.getHours() * 60 + date.getMinutes() };
}

function idOf({ project, name }: ContainerId): ContainerId {
  return { project, name };
}

function isSame(one: ContainerId, other: ContainerId): boolean {
  return one.project === other.project && one.name === other.name;
}
