import type { ClusterWriter } from '../../apply/cluster-writer.ts';
import type { Targets } from '../../apply/targets.ts';
import type { Records } from '../../state/records.ts';
import type { Report } from '../../status/report.ts';

interface TakeBackDeps {
  readonly targets: Targets;
  readonly records: Records;
  readonly writer: Pick<ClusterWriter, 'holdInForce'>;
  readonly report: Pick<Report, 'logger'>;
}

/**
 * Undoes a first configuration that LXD refused midway. There is no revision to roll back to, so
 * the agent removes its settings from profiles that had none of ours before. @throws AppError
 */
export async function takeBackRejected(deps: TakeBackDeps): Promise<void> {
  const { targets, records, writer, report } = deps;
  const { lxd } = targets;
  const { state, journal } = records;
  const { inForce, rejected } = state.current();
  if (lxd === undefined || inForce !== undefined || rejected.length === 0) return;
  if (writer.holdInForce() !== undefined) return;
  const [last] = await journal.summaries();
  if (last?.ended.result !== 'failed') return;
  const named = last.profiles.filter(({ wasUntouched }) => wasUntouched);
  if (named.length === 0) return;
  const { planLxd } = await import('../../../../core/plan/lxd/plan-lxd.ts');
  const observed = await lxd.observe();
  if (observed.daemon.state === 'absent') return;
  const profiles = observed.daemon.profiles.filter((one) =>
    named.some(({ project, name }) => project === one.project && name === one.name),
  );
  const pruneIn = [...new Set(named.map(({ project }) => project))];
  const plan = planLxd({ pruneIn }, { ...observed, daemon: { ...observed.daemon, profiles } });
  for (const change of plan.steps.flatMap(({ changes }) => changes)) {
    if (change.action !== 'set-lxd-profile') continue;
    report.logger.warn('removing the settings of a rejected configuration from profiles of LXD', {
      profile: change.profile,
    });
    await lxd.apply(change);
  }
}
