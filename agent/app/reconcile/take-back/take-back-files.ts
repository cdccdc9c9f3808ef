import type { RevisionRef } from '../../../../core/revision/revision.ts';
import { revisionName } from '../../state/revision-name.ts';
import type { Targets } from '../../apply/targets.ts';
import type { Report } from '../../status/report.ts';
import type { LeaseTurn } from './lease-turn.ts';

interface TakeBackDeps {
  readonly targets: Pick<Targets, 'host'>;
  readonly report: Pick<Report, 'logger'>;
}

/**
 * Puts back the files that a first configuration edited before it was rejected, and restarts the services that read them
 * when it is this node's turn.
 * @returns what it waits for; undefined: nothing is left. @throws AppError
 */
export async function takeBackFiles(
  { targets: { host }, report }: TakeBackDeps,
  turn: LeaseTurn,
  rejected: RevisionRef,
): Promise<string | undefined> {
  if (host === undefined) return undefined;
  if (!(await host.hasEdits())) return turn.settles();
  const { planPlatform } = await import('../../../../core/plan/platform/plan-platform.ts');
  const plan = planPlatform(undefined, await host.observe());
  const changes = plan.steps.flatMap((step) => step.changes);
  const revision = revisionName(rejected);
  for (const change of changes) {
    if (change.action !== 'edit-file') continue;
    const about = { file: change.path, revision };
    report.logger.warn('putting back what a rejected configuration changed on this machine', about);
    await host.apply(change);
  }
  const restarts = changes.filter(({ action }) => action === 'restart-service');
  if (restarts.length === 0) return turn.settles();
  const why = await turn.awaits();
  if (why !== undefined) return why;
  turn.begun();
  for (const change of restarts) await host.apply(change);
  return turn.settles();
}
