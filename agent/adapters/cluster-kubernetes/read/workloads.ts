import { parseWorkload } from '../../../../core/platform/cluster/parse-workload.ts';
import type { ObjectRef } from '../../../../core/platform/cluster/object-ref.ts';
import type { Workload } from '../../../../core/platform/cluster/observed-cluster.ts';
import { collectionPath, type Reader } from '../reader.ts';

export async function readWorkload(
  reader: Reader,
  object: ObjectRef,
): Promise<Workload | undefined> {
  const { kind } = object;
  if (kind !== 'DaemonSet' && kind !== 'Deployment') return undefined;
  return parseWorkload(kind, await reader.object(object));
}

export function readDaemonSets(
  reader: Reader,
  namespace: string | undefined,
): Promise<readonly Workload[]> {
  return reader.list('list the DaemonSets', collectionPath('DaemonSet', namespace), (item) =>
    parseWorkload('DaemonSet', item),
  );
}
