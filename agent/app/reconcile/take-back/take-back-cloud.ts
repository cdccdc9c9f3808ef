import type { Targets } from '../../apply/targets.ts';
import type { Report } from '../../status/report.ts';

interface TakeBackDeps {
  readonly targets: Pick<Targets, 'cloud'> & {
    readonly calico: Pick<Targets['calico'], 'observe'>;
  };
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
 * revision to roll back to. What that configuration wrote into Calico stays, so the check stays
 * disabled as long as a pool sends packets without an overlay. @throws AppError
 */
export async function takeBackCloud(deps: TakeBackDeps): Promise<void> {
  const { targets, records, writer, report, node } = deps;
  const { cloud } = targets;
  const { inForce, rejected } = records.state.current();
  if (cloud === undefined || inForce !== undefined || rejected.length === 0) return;
  if (writer.holdInForce() !== undefined || !(await cloud.hasNotes())) return;
  const { planCloud } = await import('../../../../core/plan/cloud/plan-cloud.ts');
  const plan = planCloud(undefined, await cloud.observe(undefined, node.facts().name));
  const changes = plan.steps.flatMap((step) => step.changes);
  const isEnabling = changes.some((one) => 'after' in one && one.after === 'enabled');
  if (isEnabling && (await needsNoCheck(targets.calico, node.facts().name))) {
    report.logger.info(
      'the source/destination check stays as a rejected configuration left it: pools need it disabled',
    );
    return;
  }
  for (const change of changes) {
    report.logger.warn('putting back what a rejected configuration changed in the cloud', {
      interface: change.interface,
    });
    await cloud.apply(change);
  }
}

async function needsNoCheck(
  calico: TakeBackDeps['targets']['calico'],
  node: string,
): Promise<boolean> {
  const [{ isOverlaid, modesOf }, { resources }] = await Promise.all([
    import('../../../../core/plan/cloud/pool-modes.ts'),
    calico.observe(node),
  ]);
  return modesOf(resources.map(({ resource }) => resource)).some((pool) => !isOverlaid(pool));
}
