/** The targets of a plan's changes, by name: the outside systems that carry the changes out. */
import type { Issue } from '../../../core/issue.ts';
import type { AnyChange, Step } from '../../../core/plan/plan.ts';
import { isFor, targetOf, type ChangeOf, type TargetName } from '../../../core/plan/target-of.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { CalicoDatastore } from '../../ports/datastore/calico-datastore.ts';
import type { Cluster } from '../../ports/platform/cluster.ts';
import type { ObjectFiles } from '../../ports/platform/object-files.ts';
import type { Cloud } from '../../ports/cloud/cloud.ts';
import type { HostChanges } from '../../ports/platform/host-changes.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';
import type { Fence } from '../../ports/datastore/writer-lease.ts';

export interface Targets {
  readonly calico: CalicoDatastore;
  /** Absent: this agent does not have the role lxd-host. */
  readonly lxd?: LxdHost;
  /** Absent: this agent does not read the platform of its machine. */
  readonly host?: HostChanges;
  /** Absent: this agent has no way to the Kubernetes cluster itself. */
  readonly cluster?: Cluster;
  /** Objects as files, in place of a cluster; absent: there is a cluster, or no folder. */
  readonly objects?: ObjectFiles;
  /** Absent: this agent does not read the cloud of its machine. */
  readonly cloud?: Cloud;
}

interface Executor<C extends AnyChange> {
  /** As CalicoDatastore.preflight. */
  preflight(steps: readonly Step<C>[], revision: RevisionRef): Promise<readonly Issue[]>;
  /** As CalicoDatastore.apply. */
  apply(step: Step<C>, revision: RevisionRef, fence?: Fence): Promise<void>;
}

/** A target without an entry does not compile. Within a step the targets run in this order. */
type Executors = { readonly [T in TargetName]: Executor<AnyChange> | undefined };

function executorsOf({ calico, lxd, host, cluster, objects, cloud }: Targets): Executors {
  const inCluster = cluster ?? (objects && { ...objects, preflight: () => Promise.resolve([]) });
  return {
    calico: onlyFor('calico', calico),
    lxd: lxd && onlyFor('lxd', oneByOne(lxd)),
    host: host && onlyFor('host', oneByOne(host)),
    cluster: inCluster && onlyFor('cluster', oneByOne(inCluster)),
    cloud: cloud && onlyFor('cloud', oneByOne(cloud)),
  };
}

interface Target<C extends AnyChange> {
  preflight(changes: readonly C[]): Promise<readonly Issue[]>;
  apply(change: C): Promise<void>;
}

function oneByOne<C extends AnyChange>(target: Target<C>): Executor<C> {
  return {
    preflight: (steps) => target.preflight(steps.flatMap(({ changes }) => changes)),
    apply: async ({ changes }) => {
      for (const change of changes) await target.apply(change);
    },
  };
}

/** Hands an executor the changes of its target, out of steps with changes of any target. */
function onlyFor<T extends TargetName>(
  name: T,
  executor: Executor<ChangeOf<T>>,
): Executor<AnyChange> {
  const partOf = (step: Step<AnyChange>): Step<ChangeOf<T>> => ({
    ...step,
    changes: step.changes.filter((change): change is ChangeOf<T> => isFor(name, change)),
  });
  return {
    preflight: (steps, revision) => executor.preflight(steps.map(partOf), revision),
    apply: async (step, revision, fence) => {
      const part = partOf(step);
      if (part.changes.length > 0) await executor.apply(part, revision, fence);
    },
  };
}

/** Issues for which the targets would refuse these steps, found without changing anything. */
export async function preflightSteps(
  targets: Targets,
  steps: readonly Step<AnyChange>[],
  revision: RevisionRef,
): Promise<readonly Issue[]> {
  const executors = Object.values(executorsOf(targets));
  const refused = await Promise.all(
    executors.map(async (executor) => (await executor?.preflight(steps, revision)) ?? []),
  );
  return refused.flat();
}

export async function applyStep(
  targets: Targets,
  step: Step<AnyChange>,
  revision: RevisionRef,
  fence?: Fence,
): Promise<void> {
  const executors = executorsOf(targets);
  const stray = step.changes.find((change) => executors[targetOf(change)] === undefined);
  if (stray !== undefined) {
    throw new AppError('internal', `this agent has no target for the change "${stray.action}"`);
  }
  for (const executor of Object.values(executors)) await executor?.apply(step, revision, fence);
}
