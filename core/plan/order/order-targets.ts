/**
 * The order of the targets. Calico's resources usually come first: pools have to be there before a CNI starts. Where an
 * edit of the cluster has to come before them, as a backend that knows BGP before a pool that needs it, the files and
 * restarts of all nodes come first, then that edit. MetalLB gets its pools after the restarts that stop ServiceLB, so on
 * the way back they go before the restarts that bring it again: both would answer for the same services otherwise.
 */
import type { RestartLimits } from '../../config/platform/restart-limits.ts';
import type { ClusterEdit } from '../../platform/cluster/cluster-edit.ts';
import { isOfMetalLb } from '../../platform/cluster/object-ref.ts';
import { setPlatformGates } from '../platform/platform-gates.ts';
import type { AnyChange, Step } from '../plan.ts';
import { waitTitles } from '../platform/wait-titles.ts';
import { isFor } from '../target-of.ts';

export interface ClusterSteps {
  /** Before the changes of Calico's resources. */
  readonly early: readonly Step<AnyChange>[];
  readonly late: readonly Step<AnyChange>[];
}

/**
 * @param steps those of the other targets, in the order of their planners
 * @param waits whether the steps of the cluster wait for files and restarts of the nodes
 * @param restart the limits of the configuration; absent: the usual ones
 */
export function orderTargets(
  steps: readonly Step<AnyChange>[],
  { early, late }: ClusterSteps,
  edits: readonly ClusterEdit[],
  waits: boolean,
  restart?: RestartLimits,
): readonly Step<AnyChange>[] {
  // A step of the host without changes waits for a person.
  const isOfHost = ({ changes, gates }: Step<AnyChange>): boolean =>
    changes.some((change) => isFor('host', change)) ||
    (changes.length === 0 && gates.some(({ kind }) => kind === 'outside'));
  const isLast = ({ title }: Step<AnyChange>): boolean => title === waitTitles.after;
  const last = steps.filter(isLast);
  const host = steps.filter((step) => isOfHost(step) && !isLast(step));
  const first = host.length > 0 ? late.filter(isDeletionOfMetalLb) : [];
  const rest = late.filter((step) => !first.includes(step));
  const others = steps.filter((step) => !isOfHost(step));
  const isHostFirst = host.length > 0 && edits.some(({ stage = 0 }) => stage < 0);
  const before = isHostFirst ? host : [];
  const after = isHostFirst ? [] : host;
  // A pool is not free before the pods with addresses of it are recreated.
  const free = others.findIndex(({ gates }) => gates.some(({ kind }) => kind === 'pool-free'));
  const isRecreating = rest.some(({ changes }) =>
    changes.some(({ action }) => action === 'delete-pods'),
  );
  const end = free === -1 || !isRecreating ? others.length : free;
  const ordered = [
    ...before,
    ...early,
    ...others.slice(0, end),
    ...after,
    ...rest,
    ...others.slice(end),
    ...last,
  ];
  return [...first, ...(waits ? setPlatformGates(ordered, restart) : ordered)];
}

function isDeletionOfMetalLb({ changes }: Step<AnyChange>): boolean {
  return (
    changes.length > 0 &&
    changes.every((change) => change.action === 'delete-object' && isOfMetalLb(change.object.kind))
  );
}
