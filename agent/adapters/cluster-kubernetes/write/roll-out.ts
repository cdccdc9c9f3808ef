/** Makes all pods of a DaemonSet or Deployment anew, as kubectl rollout restart, and says how far that is. */
import { textMapAt, valueAt } from '../../../../core/input/plain-data.ts';
import type { ClusterChange } from '../../../../core/platform/cluster/cluster-change.ts';
import { refText, type ObjectRef } from '../../../../core/platform/cluster/object-ref.ts';
import type { RolloutState } from '../../../../core/platform/cluster/observed-cluster.ts';
import { rolloutMark, rolloutState } from '../../../../core/platform/cluster/parse-workload.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { fieldManager, objectPath, type Reader } from '../reader.ts';
import { readPods } from '../read/pods.ts';
import { readWorkload } from '../read/workloads.ts';

type Rollout = Extract<ClusterChange, { readonly action: 'rollout' }>;

/** A rollout that has this mark already is not begun again: its pods are not replaced twice. */
export async function rollOut(reader: Reader, { workload, mark }: Rollout): Promise<void> {
  const before = await readWorkload(reader, workload);
  if (before === undefined) throw missing(workload);
  if (before.mark !== mark) await markTemplate(reader, workload, mark, false);
}

/** Names the pods that hold it up. */
export async function readRollout(reader: Reader, workload: ObjectRef): Promise<RolloutState> {
  const now = await readWorkload(reader, workload);
  if (now === undefined) return { state: 'progressing', why: 'the cluster does not have it' };
  const state = rolloutState(now);
  if (state.state === 'complete') return state;
  const pods = await podsText(reader, workload).catch(() => '');
  return { state: 'progressing', why: `${state.why}${pods}`, progress: state.why };
}

export async function markTemplate(
  reader: Reader,
  workload: ObjectRef,
  mark: string,
  dryRun: boolean,
): Promise<void> {
  await reader.send({
    what: `restart ${refText(workload)}`,
    method: 'PATCH',
    path: objectPath(workload),
    query: { fieldManager, ...(dryRun && { dryRun: 'All' }) },
    contentType: 'application/merge-patch+json',
    body: { spec: { template: { metadata: { annotations: { [rolloutMark]: mark } } } } },
  });
}

const mostNamed = 3;

/** `; calico-node-abc12 on node-2: ImagePullBackOff: …`: the pods that hold it up. */
async function podsText(reader: Reader, workload: ObjectRef): Promise<string> {
  const labels = textMapAt(
    valueAt(await reader.object(workload), 'spec', 'selector'),
    'matchLabels',
  );
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  if (selector.length === 0 || workload.namespace === undefined) return '';
  const question = { namespace: workload.namespace, selector: selector.join(',') };
  const bad = (await readPods(reader, question)).filter(({ ready }) => !ready);
  const texts = bad
    .slice(0, mostNamed)
    .map(
      ({ name, node, why, phase }) =>
        `${name}${node === undefined ? '' : ` on ${node}`}: ${why ?? phase}`,
    );
  const more = bad.length > mostNamed ? `, and ${String(bad.length - mostNamed)} more` : '';
  return texts.length === 0 ? '' : `; ${texts.join(', ')}${more}`;
}

function missing(workload: ObjectRef): AppError {
  return new AppError(
    'datastore-failed',
    `cannot restart ${refText(workload)}: the cluster has none`,
    {
      retryable: true,
    },
  );
}
