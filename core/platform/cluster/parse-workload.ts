/** DaemonSets and Deployments, and how far their rollout is. */
import { felixVariable } from '../../cloud/other-setters.ts';
import { listAt, textAt, textMapAt, valueAt } from '../../input/plain-data.ts';
import type { RolloutState, Workload } from './observed-cluster.ts';

/** The annotation of a pod template that calico-agent changes, so that all pods are made anew. */
const rolloutMark = 'calico-agent/rollout';

/** Where the mark stands in a DaemonSet or Deployment. */
export const rolloutMarkPath = [
  'spec',
  'template',
  'metadata',
  'annotations',
  rolloutMark,
] as const;

type WorkloadKind = 'DaemonSet' | 'Deployment';

/** Undefined: it is no object of the API. */
export function parseWorkload(kind: WorkloadKind, item: unknown): Workload | undefined {
  const name = textAt(item, 'metadata', 'name');
  const namespace = textAt(item, 'metadata', 'namespace');
  if (name === undefined || namespace === undefined) return undefined;
  const number = (...path: readonly string[]): number => numberAt(item, ...path);
  const mark = textMapAt(item, 'spec', 'template', 'metadata', 'annotations')[rolloutMark];
  const isDaemonSet = kind === 'DaemonSet';
  const check = listAt(item, 'spec', 'template', 'spec', 'containers')
    .flatMap((container) => listAt(container, 'env'))
    .find((one) => textAt(one, 'name') === felixVariable);
  const awsSrcDstCheck = textAt(check, 'value');
  const isElsewhere = valueAt(check, 'valueFrom') !== undefined;
  return {
    object: { kind, namespace, name },
    generation: number('metadata', 'generation'),
    observedGeneration: number('status', 'observedGeneration'),
    desired: isDaemonSet
      ? number('status', 'desiredNumberScheduled')
      : numberOr(1, item, 'spec', 'replicas'),
    updated: number('status', isDaemonSet ? 'updatedNumberScheduled' : 'updatedReplicas'),
    total: isDaemonSet ? number('status', 'currentNumberScheduled') : number('status', 'replicas'),
    ready: number('status', isDaemonSet ? 'numberReady' : 'readyReplicas'),
    available: number('status', isDaemonSet ? 'numberAvailable' : 'availableReplicas'),
    ...(mark !== undefined && { mark }),
    ...(awsSrcDstCheck !== undefined && { awsSrcDstCheck }),
    ...(isElsewhere && { isAwsSrcDstCheckElsewhere: true as const }),
    images: listAt(item, 'spec', 'template', 'spec', 'containers').flatMap(
      (container) => textAt(container, 'image') ?? [],
    ),
  };
}

/** Source: kubectl pkg/polymorphichelpers/rollout_status.go. */
export function rolloutState(workload: Workload): RolloutState {
  const { generation, observedGeneration, desired, updated, total, available } = workload;
  const progressing = (why: string): RolloutState => ({ state: 'progressing', why });
  if (observedGeneration < generation) return progressing('its controller has not read it yet');
  const of = `of ${String(desired)} pods`;
  if (updated < desired) return progressing(`${String(updated)} ${of} are new`);
  // Old pods of a Deployment count as available until they have ended.
  const old = total - updated;
  if (workload.object.kind === 'Deployment' && old > 0) {
    return progressing(`${String(old)} old pods have not ended`);
  }
  if (available < desired) return progressing(`${String(available)} ${of} are available`);
  return { state: 'complete' };
}

function numberAt(item: unknown, ...path: readonly string[]): number {
  return numberOr(0, item, ...path);
}

function numberOr(usual: number, item: unknown, ...path: readonly string[]): number {
  const value = valueAt(item, ...path);
  return typeof value === 'number' ? value : usual;
}
