/** Makes all pods of a DaemonSet or Deployment anew, as kubectl rollout restart, and says how far that is. */
import { isMap, textMapAt, valueAt } from '../../../../core/input/plain-data.ts';
import type { ClusterChange } from '../../../../core/platform/cluster/cluster-change.ts';
import { refText, type ObjectRef } from '../../../../core/platform/cluster/object-ref.ts';
import type { RolloutState } from '../../../../core/platform/cluster/observed-cluster.ts';
import { rolloutMarkPath, rolloutState } from '../../../../core/platform/cluster/parse-workload.ts';
import {
  readUndo,
  undoAnnotation,
  withUndo,
} from '../../../../core/platform/cluster/undo-annotation.ts';
import { AppError } from '../../../../runtime/errors.ts';
import type { Reader } from '../reader.ts';
import { readPods } from '../read/pods.ts';
import { readWorkload, workloadOf } from '../read/workloads.ts';
import { patchObject, type WriteOptions } from './apply-object.ts';
import type { Waiting } from './waiting.ts';

type Rollout = Extract<ClusterChange, { readonly action: 'rollout' }>;

/** A rollout that has this mark already is not begun again: its pods are not replaced twice. */
export async function rollOut(
  reader: Reader,
  { workload, mark }: Pick<Rollout, 'workload' | 'mark'>,
  options: WriteOptions,
): Promise<void> {
  const current = await reader.object(workload);
  const before = workloadOf(workload, current);
  if (before === undefined || !isMap(current)) throw missing(workload);
  if (before.mark === mark) return;
  const undo = readUndo(textMapAt(current, 'metadata', 'annotations')[undoAnnotation]);
  const known = undo.state === 'edits' ? undo.undo : [];
  const edit = {
    path: rolloutMarkPath,
    ...(before.mark !== undefined && { before: before.mark }),
    after: mark,
  };
  const marks = { object: workload, undo: withUndo(known, edit), isRollout: true };
  await patchObject(reader, marks, current, [{ path: rolloutMarkPath, value: mark }], options);
}

/** A DaemonSet of thousands of nodes has as many pods, and somebody may wait for hours. */
const podsEveryMs = 60_000;

/** Reads how far a rollout is, and names the pods that hold it up; those are read once a minute. */
export function createRolloutReading(
  reader: Reader,
  { monotonic }: Pick<Waiting, 'monotonic'>,
): (workload: ObjectRef) => Promise<RolloutState> {
  let known:
    { readonly workload: string; readonly atMs: number; readonly text: string } | undefined;
  const podsOf = async (workload: ObjectRef): Promise<string> => {
    const [name, atMs] = [refText(workload), monotonic()];
    if (known?.workload !== name || atMs - known.atMs >= podsEveryMs) {
      known = { workload: name, atMs, text: await podsText(reader, workload).catch(() => '') };
    }
    return known.text;
  };
  return async (workload) => {
    const now = await readWorkload(reader, workload);
    if (now === undefined) return { state: 'progressing', why: 'the cluster does not have it' };
    const state = rolloutState(now);
    if (state.state === 'complete') {
      known = undefined;
      return state;
    }
    const pods = await podsOf(workload);
    return { state: 'progressing', why: `${state.why}${pods}`, progress: state.why };
  };
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
