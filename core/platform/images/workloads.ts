/** Where Calico's images stand, as its manifests have them: manifests/calico.yaml, calico-typha.yaml, canal.yaml. */
import type { ObjectRef } from '../cluster/object-ref.ts';
import type { Component, ImagesSettings } from '../../config/images/settings.ts';

export interface ImagePlace {
  readonly list: 'containers' | 'initContainers';
  readonly container: string;
  readonly component: Component;
  /** Where the component is: a document that names its image needs this container. */
  readonly isMain: boolean;
}

export interface ImageWorkload {
  readonly object: ObjectRef;
  readonly places: readonly ImagePlace[];
  /** The setting that says that the cluster has this workload. */
  readonly component: Component;
}

const namespace = 'kube-system';

function place(
  list: ImagePlace['list'],
  container: string,
  component: Component,
  isMain = false,
): ImagePlace {
  return { list, container, component, isMain };
}

const calicoNode: ObjectRef = { kind: 'DaemonSet', namespace, name: 'calico-node' };

export const imageWorkloads: readonly ImageWorkload[] = [
  {
    object: calicoNode,
    component: 'node',
    places: [
      place('containers', 'calico-node', 'node', true),
      place('initContainers', 'mount-bpffs', 'node'),
      place('initContainers', 'ebpf-bootstrap', 'node'),
      place('initContainers', 'upgrade-ipam', 'cni'),
      place('initContainers', 'install-cni', 'cni', true),
      place('initContainers', 'flexvol-driver', 'flexVolume', true),
    ],
  },
  {
    object: { kind: 'Deployment', namespace, name: 'calico-kube-controllers' },
    component: 'kubeControllers',
    places: [place('containers', 'calico-kube-controllers', 'kubeControllers', true)],
  },
  {
    object: { kind: 'Deployment', namespace, name: 'calico-typha' },
    component: 'typha',
    places: [place('containers', 'calico-typha', 'typha', true)],
  },
];

/** Other workloads are changed where the cluster has them. */
export function isNeeded(
  { component }: Pick<ImageWorkload, 'component'>,
  { images }: Pick<ImagesSettings, 'images'>,
): boolean {
  return component === 'node' || images[component] !== undefined;
}
