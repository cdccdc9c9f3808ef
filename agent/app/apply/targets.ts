/** Who carries out which change of a plan: Calico's datastore, or the host of containers. */
import type { Issue } from '../../../core/issue.ts';
import { isCalicoChange, isHostChange } from '../../../core/plan/host-change.ts';
import type { AnyChange, Step } from '../../../core/plan/plan.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { CalicoDatastore } from '../../ports/calico-datastore.ts';
import type { Fence } from '../../ports/writer-lease.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';

export interface Targets {
  readonly datastore: CalicoDatastore;
  /** Only for an agent of a host of containers. */
  readonly host?: LxdHost;
  /** Projects of LXD that the configuration in force names: what is ours there goes with it. */
  readonly formerProjects?: () => Promise<readonly string[]>;
}

/** As CalicoDatastore.preflight. */
export async function preflightSteps(
  { datastore, host }: Targets,
  steps: readonly Step<AnyChange>[],
  revision: RevisionRef,
): Promise<readonly Issue[]> {
  const ofHost = steps.flatMap(({ changes }) => changes).filter(isHostChange);
  const refused = await Promise.all([
    datastore.preflight(steps.map(calicoPart), revision),
    host?.preflight(ofHost) ?? [],
  ]);
  return refused.flat();
}

/** As CalicoDatastore.apply. */
export async function applyStep(
  { datastore, host }: Targets,
  step: Step<AnyChange>,
  revision: RevisionRef,
  fence?: Fence,
): Promise<void> {
  const calico = calicoPart(step);
  if (calico.changes.length > 0) await datastore.apply(calico, revision, fence);
  for (const change of step.changes.filter(isHostChange)) await host?.apply(change);
}

function calicoPart(step: Step<AnyChange>): Step {
  return { ...step, changes: step.changes.filter(isCalicoChange) };
}
