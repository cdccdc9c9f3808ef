/** An object of MetalLB as Kubernetes gets it, with the mark of our objects. */
import { apiVersionOf, type MetalLbObject } from '../../metallb/objects.ts';
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
    apiVersion: apiVersionOf(kind),
    kind,
    metadata: { name, namespace, labels: { ...labels, [managedByLabel]: managedBy } },
    spec,
  };
}
