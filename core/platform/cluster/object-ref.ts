/** Objects of Kubernetes that a platform's configuration may change, and how their names are shown. */
import { printable } from '../../printable.ts';

/**
 * The kinds that may be written, as in the manifests of MicroK8s' Calico and of K3s' parts, and those of operators. A manifest
 * that has another kind is refused: nothing of a configuration can name any other resource.
 * In their order each kind comes after the kinds that its objects name: deletions go the other way round, because
 * MetalLB refuses to delete a BFDProfile that a BGPPeer names.
 */
export const objectKinds = {
  Namespace: { apiVersion: 'v1', plural: 'namespaces', isNamespaced: false },
  ConfigMap: { apiVersion: 'v1', plural: 'configmaps', isNamespaced: true },
  ServiceAccount: { apiVersion: 'v1', plural: 'serviceaccounts', isNamespaced: true },
  Service: { apiVersion: 'v1', plural: 'services', isNamespaced: true },
  DaemonSet: { apiVersion: 'apps/v1', plural: 'daemonsets', isNamespaced: true },
  Deployment: { apiVersion: 'apps/v1', plural: 'deployments', isNamespaced: true },
  PodDisruptionBudget: {
    apiVersion: 'policy/v1',
    plural: 'poddisruptionbudgets',
    isNamespaced: true,
  },
  ClusterRole: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    plural: 'clusterroles',
    isNamespaced: false,
  },
  ClusterRoleBinding: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    plural: 'clusterrolebindings',
    isNamespaced: false,
  },
  CustomResourceDefinition: {
    apiVersion: 'apiextensions.k8s.io/v1',
    plural: 'customresourcedefinitions',
    isNamespaced: false,
  },
  // Of Calico's operator: how it installs Calico.
  Installation: {
    apiVersion: 'operator.tigera.io/v1',
    plural: 'installations',
    isNamespaced: false,
  },
  // MetalLB's. BGPPeer is not Calico's, which no edit names.
  IPAddressPool: { apiVersion: 'metallb.io/v1beta1', plural: 'ipaddresspools', isNamespaced: true },
  Community: { apiVersion: 'metallb.io/v1beta1', plural: 'communities', isNamespaced: true },
  BFDProfile: { apiVersion: 'metallb.io/v1beta1', plural: 'bfdprofiles', isNamespaced: true },
  BGPPeer: { apiVersion: 'metallb.io/v1beta2', plural: 'bgppeers', isNamespaced: true },
  L2Advertisement: {
    apiVersion: 'metallb.io/v1beta1',
    plural: 'l2advertisements',
    isNamespaced: true,
  },
  BGPAdvertisement: {
    apiVersion: 'metallb.io/v1beta1',
    plural: 'bgpadvertisements',
    isNamespaced: true,
  },
} as const satisfies Readonly<Record<string, KindFacts>>;

interface KindFacts {
  readonly apiVersion: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
}

export type ObjectKind = keyof typeof objectKinds;

export interface ObjectRef {
  readonly kind: ObjectKind;
  /** Absent for kinds without a namespace. */
  readonly namespace?: string;
  readonly name: string;
}

/** An object of any kind, also of a plan from JSON. */
export interface NamedObject {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export function isObjectKind(kind: unknown): kind is ObjectKind {
  return typeof kind === 'string' && Object.hasOwn(objectKinds, kind);
}

/** `DaemonSet kube-system/calico-node`. */
export function refText({ kind, namespace, name }: NamedObject): string {
  const whole = namespace === undefined ? name : `${namespace}/${name}`;
  return `${kind} ${printable(whole)}`;
}

export function isSameRef(one: ObjectRef, other: ObjectRef): boolean {
  return one.kind === other.kind && one.namespace === other.namespace && one.name === other.name;
}

export function isOfMetalLb(kind: ObjectKind): boolean {
  return objectKinds[kind].apiVersion.startsWith('metallb.io/');
}
