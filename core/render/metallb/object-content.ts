/** An object of MetalLB as Kubernetes gets it, with the mark of our objects. */
import type { MetalLbObject } from '../../metallb/objects.ts';
import { objectKinds } from '../../platform/cluster/object-ref.ts';
import { managedBy, managedByLabel } from '../ownership.ts';

export interface ObjectContent {
  readonly [key: string]: unknown;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: unknown;
}

export function objectContent(
  { kind, name, labels, spec }: MetalLbObject,
  namespace: string,
): ObjectContent {
  return {
    apiVersion: objectKinds[kind].apiVersion,
    kind,
    metadata: { name, namespace, labels: { ...labels, [managedByLabel]: managedBy } },
    spec,
  };
}
