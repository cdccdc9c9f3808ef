/**
 * The order of the targets. Calico's resources usually come first: pools have to be there before a CNI starts. Where an
 * edit of the cluster has to come before them, as a backend that knows BGP before a pool that needs it, the files and
 * restarts of all nodes come first, then that edit.
 */
import type { ClusterEdit } from '../../platform/cluster/cluster-edit.ts';
import { setPlatformGates } from '../platform/platform-gates.ts';
import type { AnyChange, Step } from '../plan.ts';
import { isFor } from '../target-of.ts';

export interface ClusterSteps {
  /** Before the changes of Calico's resources. */
  readonly early: readonly Step<AnyChange>[];
  readonly late: readonly Step<AnyChange>[];
}

/**
 * @param steps those of the other targets, in the order of their planners
 * @param waits whether the steps of the cluster wait for files and restarts of the nodes
 */
export function orderTargets(
  steps: readonly Step<AnyChange>[],
  { early, late }: ClusterSteps,
  edits: readonly ClusterEdit[],
  waits: boolean,
): readonly Step<AnyChange>[] {
  // A step of the host without changes waits for a person.
  const isOfHost = ({ changes, gates }: Step<AnyChange>): boolean =>
    changes.some((change) => isFor('host', change)) ||
    (changes.length === 0 && gates.some(({ kind }) => kind === 'outside'));
  const host = steps.filter(isOfHost);
  const others = steps.filter((step) => !isOfHost(step));
  const isHostFirst = host.length > 0 && edits.some(({ stage = 0 }) => stage < 0);
  const before = isHostFirst ? host : [];
  const after = isHostFirst ? [] : host;
  // A pool is not free before the pods with addresses of it are recreated.
  const free = others.findIndex(({ gates }) => gates.some(({ kind }) => kind === 'pool-free'));
  const isRecreating = late.some(({ changes }) =>
    changes.some(({ action }) => action === 'delete-pods'),
  );
  const end = free === -1 || !isRecreating ? others.length : free;
  const ordered = [
    ...before,
    ...early,
    ...others.slice(0, end),
    ...after,
    ...late,
    ...others.slice(end),
  ];
  return waits ? setPlatformGates(ordered) : ordered;
}
