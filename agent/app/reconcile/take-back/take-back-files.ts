import type { Targets } from '../../apply/targets.ts';
import type { Report } from '../../status/report.ts';

interface TakeBackDeps {
  readonly targets: Pick<Targets, 'host'>;
  readonly records: {
    readonly state: {
      current(): { readonly inForce?: unknown; readonly rejected: readonly unknown[] };
    };
  };
  readonly writer: { holdInForce(): unknown };
  readonly report: Pick<Report, 'logger'>;
}

/**
 * Puts back the files that a first configuration edited before it was rejected: there is no revision
 * to roll back to. @throws AppError
 */
export async function takeBackFiles({
  targets: { host },
  records,
  writer,
  report,
}: TakeBackDeps): Promise<void> {
  const { inForce, rejected } = records.state.current();
  if (host === undefined || inForce !== undefined || rejected.length === 0) return;
  if (writer.holdInForce() !== undefined || !(await host.hasEdits())) return;
  const { planPlatform } = await import('../../../../core/plan/platform/plan-platform.ts');
  const plan = planPlatform(undefined, await host.observe());
  for (const change of plan.steps.flatMap(({ changes }) => changes)) {
    const what =
      change.action === 'edit-file' ? { file: change.path } : { service: change.service };
    report.logger.warn('putting back what a rejected configuration changed on this machine', what);
    await host.apply(change);
  }
}
