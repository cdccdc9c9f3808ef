import type { ReconcileDeps } from '../reconcile/reconcile-deps.ts';

/**
 * A first configuration that LXD refused midway: there is nothing to go back to, so what it had set
 * in profiles in which nothing was ours before goes again. @throws AppError
 */
export async function takeBackRejected(deps: ReconcileDeps): Promise<void> {
  const { targets, journal, state, writer, logger } = deps;
  const { lxd } = targets;
  const { inForce, rejected } = state.current();
  if (lxd === undefined || inForce !== undefined || rejected.length === 0) return;
  if (writer.holdInForce() !== undefined) return;
  const [last] = await journal.summaries();
  if (last?.ended.result !== 'failed') return;
  const named = last.profiles.filter(({ wasUntouched }) => wasUntouched);
  if (named.length === 0) return;
  const { planLxd } = await import('../../../core/lxd/plan-lxd.ts');
  const observed = await lxd.observe();
  if (observed.daemon.state === 'absent') return;
  const profiles = observed.daemon.profiles.filter((one) =>
    named.some(({ project, name }) => project === one.project && name === one.name),
  );
  const pruneIn = [...new Set(named.map(({ project }) => project))];
  const plan = planLxd({ pruneIn }, { ...observed, daemon: { ...observed.daemon, profiles } });
  for (const change of plan.steps.flatMap(({ changes }) => changes)) {
    if (change.action !== 'set-lxd-profile') continue;
    logger.warn('taking back what a rejected configuration had set', { profile: change.profile });
    await lxd.apply(change);
  }
}
