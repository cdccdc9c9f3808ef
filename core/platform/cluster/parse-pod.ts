/** Pods with their addresses and controllers. */
import { groupBy } from '../../group-by.ts';
import { listAt, textAt, textMapAt, valueAt } from '../../input/plain-data.ts';
import { printable } from '../../printable.ts';
import type { ClusterPod, PodController, PodsOfController } from './observed-cluster.ts';

/** Undefined: it is no Pod. */
export function parsePod(item: unknown): ClusterPod | undefined {
  const namespace = textAt(item, 'metadata', 'namespace');
  const name = textAt(item, 'metadata', 'name');
  if (namespace === undefined || name === undefined) return undefined;
  const node = textAt(item, 'spec', 'nodeName');
  const controller = controllerOf(item);
  const why = whyWaiting(item);
  return {
    namespace,
    name,
    uid: textAt(item, 'metadata', 'uid') ?? '',
    ...(node !== undefined && { node }),
    phase: textAt(item, 'status', 'phase') ?? 'Unknown',
    ready:
      valueAt(item, 'metadata', 'deletionTimestamp') === undefined &&
      listAt(item, 'status', 'conditions').some(
        (one) => textAt(one, 'type') === 'Ready' && textAt(one, 'status') === 'True',
      ),
    ...(why !== undefined && { why }),
    addresses: addressesOf(item),
    isHostNetwork: valueAt(item, 'spec', 'hostNetwork') === true,
    ...(controller !== undefined && { controller }),
  };
}

function addressesOf(item: unknown): readonly string[] {
  const all = listAt(item, 'status', 'podIPs').flatMap((one) => textAt(one, 'ip') ?? []);
  const one = textAt(item, 'status', 'podIP');
  return all.length > 0 || one === undefined ? all : [one];
}

/** A ReplicaSet of a Deployment has the Deployment's name and the hash of the pod's template. */
function controllerOf(item: unknown): PodController | undefined {
  const owner = listAt(item, 'metadata', 'ownerReferences').find(
    (one) => valueAt(one, 'controller') === true,
  );
  const [kind, name] = [textAt(owner, 'kind'), textAt(owner, 'name')];
  if (kind === undefined || name === undefined) return undefined;
  const hash = textMapAt(item, 'metadata', 'labels')['pod-template-hash'];
  const isOfDeployment = kind === 'ReplicaSet' && hash !== undefined && name.endsWith(`-${hash}`);
  return isOfDeployment
    ? { kind: 'Deployment', name: name.slice(0, -hash.length - 1) }
    : { kind, name };
}

/** The first container that waits or has failed. */
function whyWaiting(item: unknown): string | undefined {
  const statuses = [
    ...listAt(item, 'status', 'initContainerStatuses'),
    ...listAt(item, 'status', 'containerStatuses'),
  ];
  for (const status of statuses) {
    const reason = textAt(status, 'state', 'waiting', 'reason');
    if (reason === undefined) continue;
    const message = textAt(status, 'state', 'waiting', 'message');
    const text = message === undefined ? reason : `${reason}: ${message}`;
    return printable(text.slice(0, 300));
  }
  return undefined;
}

const hasEnded: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

/** The pods with an address of their own for which `isOutside` holds, in a stable order. */
export function podsByController(
  pods: readonly ClusterPod[],
  isOutside: (address: string) => boolean,
): readonly PodsOfController[] {
  const stray = pods.filter(
    ({ isHostNetwork, phase, addresses, controller }) =>
      // The kubelet makes the pods of kind Node from files; they have the host's network.
      !isHostNetwork &&
      !hasEnded.has(phase) &&
      controller?.kind !== 'Node' &&
      // The pods of a Job end by themselves, and their work would begin anew.
      controller?.kind !== 'Job' &&
      addresses.some(isOutside),
  );
  const groups = groupBy(stray, ({ namespace, controller }) =>
    JSON.stringify([namespace, controller?.kind ?? '', controller?.name ?? '']),
  );
  return [...groups]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, group]) => {
      const [first] = group;
      const controller = first?.controller;
      return {
        namespace: first?.namespace ?? '',
        ...(controller !== undefined && { controller }),
        pods: group.map(({ name, uid, addresses }) => ({ name, uid, addresses })),
      };
    });
}

/** `Deployment default/web`; without a controller `2 pods of default without a controller`. */
export function controllerText({ namespace, controller, pods }: PodsOfController): string {
  if (controller !== undefined)
    return printable(`${controller.kind} ${namespace}/${controller.name}`);
  const count = pods.length === 1 ? '1 pod' : `${String(pods.length)} pods`;
  return `${count} of ${printable(namespace)} without a controller`;
}
