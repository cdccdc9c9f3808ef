import { parseWorkload } from '../../../../core/platform/cluster/parse-workload.ts';
import type { ObjectRef } from '../../../../core/platform/cluster/object-ref.ts';
import type { Workload } from '../../../../core/platform/cluster/observed-cluster.ts';
import { collectionPath, type Reader } from '../reader.ts';

export async function readWorkload(
  reader: Reader,
  object: ObjectRef,
): Promise<Workload | undefined> {
  return isWorkload(object) ? workloadOf(object, await reader.object(object)) : undefined;
}

/** Undefined: it has no pods, or there is none. @param item as the server gave it */
export function workloadOf({ kind }: ObjectRef, item: unknown): Workload | undefined {
  if (kind !== 'DaemonSet' && kind !== 'Deployment') return undefined;
  return parseWorkload(kind, item);
}

function isWorkload({ kind }: ObjectRef): boolean {
  return kind === 'DaemonSet' || kind === 'Deployment';
}

export function readDaemonSets(
  reader: Reader,
  namespace: string | undefined,
): Promise<readonly Workload[]> {
  return reader.list('list the DaemonSets', collectionPath('DaemonSet', namespace), (item) =>
    parseWorkload('DaemonSet', item),
  );
}
