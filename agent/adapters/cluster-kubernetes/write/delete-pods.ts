/**
 * Deletes pods so that their controllers make them anew: one controller after the other, and of each one
 * pod at a time. The next is deleted only when as many are ready as before.
 */
import { pathPart } from '../../../../core/input/path-part.ts';
import type { ClusterChange } from '../../../../core/platform/cluster/cluster-change.ts';
import { controllerText } from '../../../../core/platform/cluster/parse-pod.ts';
import type {
  ClusterPod,
  PodsOfController,
} from '../../../../core/platform/cluster/observed-cluster.ts';
import { printable } from '../../../../core/printable.ts';
import { AppError, reasonOf } from '../../../../runtime/errors.ts';
import { ApiRefusal } from '../../../../runtime/kubernetes/api-refusal.ts';
import type { Reader } from '../reader.ts';
import { readPods } from '../read/pods.ts';
import { waitUntil, type Waiting } from './waiting.ts';

type DeletePods = Extract<ClusterChange, { readonly action: 'delete-pods' }>;

/** How long a controller may take for one pod. */
const podSeconds = 180;

/**
 * @throws AppError apply-failed, retryable, at the first controller whose pods do not come back in time;
 * the others stay untouched
 */
export async function deletePods(
  reader: Reader,
  { pods }: DeletePods,
  waiting: Waiting,
): Promise<void> {
  for (const group of pods) {
    // Nobody makes these pods again: a person has to decide about them.
    if (group.controller === undefined) continue;
    for (const pod of group.pods) await replacePod(reader, group, pod, waiting);
  }
}

async function replacePod(
  reader: Reader,
  group: PodsOfController,
  { name, uid: oldUid }: PodsOfController['pods'][number],
  waiting: Waiting,
): Promise<void> {
  const pods = await podsOf(reader, group);
  // A StatefulSet's new pod has the name of the old one, and is not deleted once more.
  const old = pods.find(({ uid }) => uid === oldUid);
  if (old === undefined) return;
  const before = pods.filter(({ ready }) => ready).length;
  await deletePod(reader, old, false);
  const why = await waitUntil(waiting, podSeconds, async () => {
    try {
      const now = await podsOf(reader, group);
      if (now.some(({ uid }) => uid === old.uid)) return `pod ${name} has not ended`;
      const ready = now.filter((pod) => pod.ready).length;
      return ready >= before ? undefined : `${String(ready)} of ${String(before)} pods are ready`;
    } catch (error) {
      return reasonOf(error);
    }
  });
  if (why === undefined) return;
  const what = `cannot recreate the pods of ${controllerText(group)}`;
  // A large StatefulSet may need longer: the next try finds the pod done, and goes on with the others.
  throw new AppError('apply-failed', `${what}: after ${String(podSeconds)} s ${printable(why)}`, {
    retryable: true,
  });
}

async function podsOf(
  reader: Reader,
  { namespace, controller }: PodsOfController,
): Promise<readonly ClusterPod[]> {
  return (await readPods(reader, { namespace })).filter(
    (pod) => pod.controller?.kind === controller?.kind && pod.controller?.name === controller?.name,
  );
}

/** A pod that is gone already is no fault. A StatefulSet's new pod has the name of the old one. */
export async function deletePod(
  reader: Reader,
  { namespace, name, uid }: Pick<ClusterPod, 'namespace' | 'name' | 'uid'>,
  dryRun: boolean,
): Promise<void> {
  try {
    await reader.send({
      what: `delete pod ${printable(`${namespace}/${name}`)}`,
      method: 'DELETE',
      path: `/api/v1/namespaces/${pathPart(namespace)}/pods/${pathPart(name)}`,
      query: dryRun ? { dryRun: 'All' } : {},
      body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } },
    });
  } catch (error) {
    if (error instanceof ApiRefusal && (error.status === 404 || error.status === 409)) return;
    throw error;
  }
}
