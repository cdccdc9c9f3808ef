/** Makes all pods of a DaemonSet or Deployment anew, as kubectl rollout restart, and watches it to its end. */
import { textMapAt, valueAt } from '../../../../core/input/plain-data.ts';
import type { ClusterChange } from '../../../../core/platform/cluster/cluster-change.ts';
import { refText, type ObjectRef } from '../../../../core/platform/cluster/object-ref.ts';
import { rolloutMark, rolloutState } from '../../../../core/platform/cluster/parse-workload.ts';
import { AppError, reasonOf } from '../../../../runtime/errors.ts';
import { fieldManager, objectPath, type Reader } from '../reader.ts';
import { readPods } from '../read/pods.ts';
import { readWorkload } from '../read/workloads.ts';
import { waitUntil, type Waiting } from './waiting.ts';

type Rollout = Extract<ClusterChange, { readonly action: 'rollout' }>;

/** A rollout that has this mark already is watched only: its pods are not replaced twice. */
export async function rollOut(
  reader: Reader,
  { workload, mark, withinSeconds }: Rollout,
  waiting: Waiting,
): Promise<void> {
  const before = await readWorkload(reader, workload);
  if (before === undefined) throw missing(workload);
  if (before.mark !== mark) await markTemplate(reader, workload, mark, false);
  const why = await waitUntil(waiting, withinSeconds, () => whyIncomplete(reader, workload));
  if (why === undefined) return;
  const pods = await podsText(reader, workload).catch(() => '');
  const message = `cannot restart ${refText(workload)}: not complete within ${String(withinSeconds)} s: ${why}${pods}`;
  throw new AppError('apply-failed', message);
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

async function whyIncomplete(reader: Reader, workload: ObjectRef): Promise<string | undefined> {
  try {
    const now = await readWorkload(reader, workload);
    if (now === undefined) return 'somebody deleted it';
    const state = rolloutState(now);
    return state.state === 'complete' ? undefined : state.why;
  } catch (error) {
    return reasonOf(error);
  }
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
