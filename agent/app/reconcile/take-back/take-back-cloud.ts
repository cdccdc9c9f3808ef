import type { Targets } from '../../apply/targets.ts';
import type { Report } from '../../status/report.ts';

interface TakeBackDeps {
  readonly targets: Pick<Targets, 'cloud'>;
  readonly records: {
    readonly state: {
      current(): { readonly inForce?: unknown; readonly rejected: readonly unknown[] };
    };
  };
  readonly node: { facts(): { readonly name: string } };
  readonly writer: { holdInForce(): unknown };
  readonly report: Pick<Report, 'logger'>;
}

/**
 * Puts back the interfaces that a first configuration changed before it was rejected: there is no
 * revision to roll back to. @throws AppError
 */
export async function takeBackCloud(deps: TakeBackDeps): Promise<void> {
  const { targets, records, writer, report, node } = deps;
  const { cloud } = targets;
  const { inForce, rejected } = records.state.current();
  if (cloud === undefined || inForce !== undefined || rejected.length === 0) return;
  if (writer.holdInForce() !== undefined || !(await cloud.hasNotes())) return;
  const { planCloud } = await import('../../../../core/plan/cloud/plan-cloud.ts');
  const plan = planCloud(undefined, await cloud.observe(undefined, node.facts().name));
  for (const change of plan.steps.flatMap(({ changes }) => changes)) {
    report.logger.warn('putting back what a rejected configuration changed in the cloud', {
      interface: change.interface,
    });
    await cloud.apply(change);
  }
}
