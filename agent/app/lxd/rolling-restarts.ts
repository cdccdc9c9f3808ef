/**
 * Rolling restarts of containers that lack something until then: marked on disk before the first goes
 * down, a few at a time, in the window, each once for what it lacks. They halt at the first that does
 * not come back.
 */
import { reportContainers } from '../../../core/lxd/container-report.ts';
import type { ContainerId, ObservedLxd } from '../../../core/lxd/observed-lxd.ts';
import { isOpen, type LocalTime } from '../../../core/lxd/restart-window.ts';
import { defaultRestart, type RestartPolicy } from '../../../core/lxd/settings.ts';
import { nameSome } from '../../../core/name-some.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';
import { bringBackRestarted } from './bring-back-restarted.ts';
import type { HaltedRestart } from './report.ts';
import type { Reconciling } from '../reconcile/reconciling.ts';
import { restartContainers, type RestartReport } from './restart-containers.ts';
import * as marks from './restart-marks.ts';
import type { Restarting } from './wait-until-up.ts';

type Daemon = ObservedLxd['daemon'];

export interface RollingRestarts {
  /** Of the revision that is in force. */
  policyNow(): Promise<RestartPolicy>;
  halted(): HaltedRestart | undefined;
  run(containers: readonly ContainerId[], order: RestartOrder): Promise<RestartReport>;
  /**
   * Brings back what restarts left down, and restarts the next where one is due. Gives back after
   * how many ms to look again. Never throws.
   * @param delayMs where nothing is due; @param daemon as this pass saw it; undefined: it did not
   */
  rollOn(delayMs: number | undefined, daemon: Daemon | undefined): Promise<number | undefined>;
}

export interface RestartOrder {
  readonly policy: RestartPolicy;
  /** As it was when the containers were chosen. */
  readonly daemon: Daemon;
  /** Containers that come after these. */
  readonly beyond?: number;
  /** Aborted when whoever asked for it went away. */
  readonly signal?: AbortSignal;
}

export type RestartDeps = Pick<
  Reconciling,
  'records' | 'clock' | 'report' | 'writer' | 'derivedOf' | 'policy'
>;

/** How long one that shuts down late may stay down. */
const slowMs = 30_000;

export function createRollingRestarts(lxd: LxdHost, reconciling: RestartDeps): RollingRestarts {
  const { records, clock, report, writer, derivedOf, policy: loopPolicy } = reconciling;
  const { state } = records;
  const { logger } = report;
  const { isStopping } = loopPolicy;
  const restarting: Restarting = { lxd, clock, isStopping };
  const kept = (): marks.RestartMarks => state.current().containerRestarts ?? marks.noMarks;

  const policyNow = async (): Promise<RestartPolicy> => {
    const { inForce } = state.current();
    if (inForce === undefined) return defaultRestart;
    const { desired } = await derivedOf(inForce);
    return desired.lxd?.settings?.restart ?? defaultRestart;
  };
  const mark = (change: (before: marks.RestartMarks) => marks.RestartMarks): Promise<void> =>
    state.change(({ containerRestarts = marks.noMarks, ...rest }) => {
      const after = change(containerRestarts);
      const next = marks.isEmpty(after) ? rest : { ...rest, containerRestarts: after };
      return { state: next, result: undefined };
    });
  const halt = async (container: ContainerId, why: string): Promise<void> => {
    const revision = state.current().inForce;
    logger.error(`restarting containers stops: ${why}`);
    if (revision === undefined) return;
    const halted = { container: marks.idOf(container), at: clock.now(), why, revision };
    await mark((before) => marks.withHalted(before, halted));
  };
  const run: RollingRestarts['run'] = async (
    containers,
    { policy, daemon, beyond = 0, signal },
  ) => {
    const reports = daemon.state === 'there' ? reportContainers(daemon) : [];
    const begins = async (batch: readonly ContainerId[], left: number): Promise<void> => {
      const names = nameSome(batch.map(({ name }) => name));
      const message = `restarting ${names}, ${String(left + beyond)} more to go`;
      report.show({ state: 'in-force', message });
      logger.info(message);
      const revision = state.current().inForce;
      // On disk before the first goes down, so that none stays down.
      await mark((before) => marks.withBegun(before, batch, { daemon, reports, revision }));
    };
    const mayBegin = (): boolean =>
      !isStopping() && signal?.aborted !== true && writer.holdInForce() === undefined;
    const late: ContainerId[] = [];
    const gaveUp = (container: ContainerId): void => void late.push(container);
    const steps = { mayBegin, begins, gaveUp };
    const ended = await restartContainers(restarting, containers, policy, steps);
    await mark((before) => marks.withEnded(before, ended, late));
    const final = ended.failed.find(({ retryable }) => !retryable);
    if (final !== undefined) await halt(final.container, final.why);
    return ended;
  };
  const bringBack = async (one: marks.BegunRestart, timeoutSeconds: number): Promise<void> => {
    const brought = await bringBackRestarted({ restarting, logger, timeoutSeconds }, one);
    if (brought.result === 'lost') await halt(one, brought.why);
    await mark((before) => marks.withBroughtBack(before, one, brought.result === 'runs-on'));
  };
  const bringBackAll = async (): Promise<void> => {
    const { under, slow = [] } = kept();
    const down = [...under, ...slow];
    if (down.length === 0) return;
    const { timeoutSeconds } = await policyNow();
    let failure: { readonly error: unknown } | undefined;
    for (const one of down) {
      await bringBack(one, timeoutSeconds).catch((error: unknown) => {
        failure ??= { error };
      });
    }
    if (failure !== undefined) throw failure.error;
  };
  const rollOn = async (
    delayMs: number | undefined,
    daemon: Daemon | undefined,
  ): Promise<number | undefined> => {
    const { accepted, inForce } = state.current();
    const isInForce =
      accepted !== undefined && inForce !== undefined && sameRevision(accepted, inForce);
    if (!isInForce || daemon?.state !== 'there' || writer.holdInForce() !== undefined)
      return delayMs;
    const { halted } = kept();
    if (halted && !daemon.containers.some((one) => marks.isSame(one, halted.container))) {
      await mark(marks.withoutHalted);
    }
    const policy = await policyNow();
    if (policy.policy !== 'rolling' || marks.haltedFor(kept(), inForce)) return delayMs;
    const due = reportContainers(daemon).filter(({ needsRestart }) => needsRestart);
    const useless = due.find((one) => marks.wasTried(kept(), one, { daemon, revision: inForce }));
    if (useless !== undefined) {
      const what = marks.lackedBy(useless).join(', ');
      await halt(useless, `container "${useless.name}" still lacks ${what} after its restart`);
      return delayMs;
    }
    if (due.length === 0 || !isOpen(policy.window, localTime(clock.now()))) return delayMs;
    const next = due.slice(0, policy.parallel).map(marks.idOf);
    const beyond = due.length - next.length;
    const { failed } = await run(next, { policy, daemon, beyond });
    return failed.length > 0 ? delayMs : 0;
  };
  const sooner = (delayMs: number | undefined): number | undefined =>
    (kept().slow ?? []).length === 0 ? delayMs : Math.min(delayMs ?? slowMs, slowMs);

  return {
    policyNow,
    halted: () => marks.haltedFor(kept(), state.current().inForce),
    run,
    rollOn: async (delayMs, daemon) => {
      if (isStopping()) return delayMs;
      const before = kept().halted;
      let next = delayMs;
      try {
        // First, and under a hold too: nobody asked for containers that stay down.
        await bringBackAll();
        next = await rollOn(delayMs, daemon);
      } catch (error) {
        logger.warn('cannot restart containers now; trying again', { reason: reasonOf(error) });
      }
      // The next pass says so in the status.
      return kept().halted === before ? sooner(next) : 0;
    },
  };
}

function localTime(now: string): LocalTime {
  const date = new Date(now);
  return { day: date.getDay(), minute: date.getHours() * 60 + date.getMinutes() };
}
