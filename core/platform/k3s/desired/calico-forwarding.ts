/**
 * What has to be in the cluster where Calico takes flannel's place: pods that forward, as ServiceLB's do. Calico
 * switches forwarding off in pods unless its CNI configuration says otherwise. It comes from a manifest (ConfigMap
 * calico-config) or from its operator (Installation), so one of the two objects is there. Source: docs.k3s.io
 * networking/basic-network-options; docs.tigera.io networking/k3s.
 */
import type { K3sSettings } from '../../../config/platform/k3s-settings.ts';
import type { ClusterEdit } from '../../cluster/cluster-edit.ts';
import type { ObjectRef } from '../../cluster/object-ref.ts';

const namespace = 'kube-system';
const config: ObjectRef = { kind: 'ConfigMap', namespace, name: 'calico-config' };
const node: ObjectRef = { kind: 'DaemonSet', namespace, name: 'calico-node' };
const installation: ObjectRef = { kind: 'Installation', name: 'default' };
/** As for several hundred nodes, one after the other. */
const rolloutSeconds = 6 * 3600;

/** The same on every node, whichever writes for the cluster. */
export function calicoForwarding({ cni }: K3sSettings): readonly ClusterEdit[] {
  if (cni?.value !== 'calico') return [];
  const asked = {
    optional: true,
    reasons: [{ rule: 'k3s cni', place: cni.place }],
  } as const;
  return [
    {
      form: 'text',
      object: config,
      path: ['data', 'cni_network_config'],
      change: 'allow-forwarding',
      ...asked,
    },
    {
      form: 'rollout',
      workload: node,
      mark: 'allow-forwarding',
      after: [config],
      withinSeconds: rolloutSeconds,
      ...asked,
    },
    {
      form: 'field',
      object: installation,
      path: ['spec', 'calicoNetwork', 'containerIPForwarding'],
      value: 'Enabled',
      ...asked,
    },
  ];
}
