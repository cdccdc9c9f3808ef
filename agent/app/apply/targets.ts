/** Who carries out which change of a plan: Calico's datastore, or the host of containers. */
import type { Issue } from '../../../core/issue.ts';
import { isFor } from '../../../core/plan/target-of.ts';
import type { AnyChange, Step } from '../../../core/plan/plan.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { CalicoDatastore } from '../../ports/calico-datastore.ts';
import type { Fence } from '../../ports/writer-lease.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';

export interface Targets {
  readonly datastore: CalicoDatastore;
  /** Only for an agent in the role lxd-host. */
  readonly lxd?: LxdHost;
  /** Projects of LXD that the configuration in force names: what is ours there goes with it. */
  readonly previousProjects?: () => Promise<readonly string[]>;
}

/** As CalicoDatastore.preflight. */
export async function preflightSteps(
  { datastore, lxd }: Targets,
  steps: readonly Step<AnyChange>[],
  revision: RevisionRef,
): Promise<readonly Issue[]> {
  const lxdChanges = steps
    .flatMap(({ changes }) => changes)
    .filter((change) => isFor('lxd', change));
  const refused = await Promise.all([
    datastore.preflight(steps.map(calicoPart), revision),
    lxd?.preflight(lxdChanges) ?? [],
  ]);
  return refused.flat();
}

/** As CalicoDatastore.apply. */
export async function applyStep(
  { datastore, lxd }: Targets,
  step: Step<AnyChange>,
  revision: RevisionRef,
  fence?: Fence,
): Promise<void> {
  const calico = calicoPart(step);
  if (calico.changes.length > 0) await datastore.apply(calico, revision, fence);
  for (const change of step.changes.filter((one) => isFor('lxd', one))) await lxd?.apply(change);
}

function calicoPart(step: Step<AnyChange>): Step {
  return { ...step, changes: step.changes.filter((change) => isFor('calico', change)) };
}
