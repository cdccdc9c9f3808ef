/** The program that keeps a DaemonSet or Deployment of Calico, by the marks that it leaves in it. */
import { listAt, textAt, textMapAt } from '../../input/plain-data.ts';
import { printable } from '../../printable.ts';
import type { Owner } from '../../config/images/settings.ts';

export interface FoundOwner {
  readonly owner: Exclude<Owner, 'manifest'>;
  /** `the Tigera operator`. */
  readonly name: string;
  /** What says so: `its label juju.io/application`. */
  readonly sign: string;
}

/** Undefined: no sign of a program that would take a change back. */
export function ownerOf(object: unknown): FoundOwner | undefined {
  const isOfOperator = listAt(object, 'metadata', 'ownerReferences').some((one) =>
    textAt(one, 'apiVersion')?.startsWith('operator.tigera.io/'),
  );
  if (isOfOperator) {
    const sign = 'its ownerReferences';
    return { owner: 'operator', name: 'the Tigera operator', sign };
  }
  const labels = textMapAt(object, 'metadata', 'labels');
  const label = (name: string): string | undefined =>
    labels[name] === undefined ? undefined : `its label ${name}`;
  const kops =
    labels['app.kubernetes.io/managed-by'] === 'kops'
      ? 'its label app.kubernetes.io/managed-by'
      : label('addon.kops.k8s.io/name');
  if (kops !== undefined) return { owner: 'kops', name: 'kops', sign: kops };
  // Source: canonical/ops-lib-manifest ops/manifests/literals.py.
  const charm = label('juju.io/application');
  return charm === undefined
    ? undefined
    : { owner: 'charm', name: 'the calico charm', sign: charm };
}

/** A program that applies its own manifest of the object again now and then; completes "… applies it again". */
export function reappliedBy(object: unknown): string | undefined {
  const annotations = textMapAt(object, 'metadata', 'annotations');
  const addon = annotations['objectset.rio.cattle.io/owner-name'];
  if (addon !== undefined) {
    return `K3s has it from its add-on ${printable(addon.slice(0, 64))} (server/manifests), and`;
  }
  const manager = textMapAt(object, 'metadata', 'labels')['app.kubernetes.io/managed-by'];
  return manager === 'Helm' ? 'Helm has it in a release, and helm upgrade' : undefined;
}
