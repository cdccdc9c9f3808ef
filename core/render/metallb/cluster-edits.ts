/** MetalLB's objects as edits of the cluster: planned, applied by one agent, and taken back like all others. */
import { usualNamespace, type DesiredMetalLb } from '../../metallb/objects.ts';
import type { ClusterEdit } from '../../platform/cluster/cluster-edit.ts';
import { objectContent } from './object-content.ts';

/** In the order in which to apply them. */
export function metalLbEdits(desired: DesiredMetalLb): readonly ClusterEdit[] {
  const { namespace = usualNamespace, objects } = desired;
  return objects.map((object) => ({
    form: 'object',
    object: { kind: object.kind, namespace, name: object.name },
    content: objectContent(object, namespace),
    reasons: [{ rule: `metallb ${object.kind} ${object.name}`, place: object.place }],
  }));
}
