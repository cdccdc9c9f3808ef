/** The lock files of MicroK8s below var/lock, and what each one means. Source: canonical/microk8s. */
interface Lock {
  readonly set: string;
  readonly unset: string;
}

export const locks: Readonly<Record<string, Lock>> = {
  'ha-cluster': {
    set: 'an HA cluster: dqlite, and Calico from cni.yaml',
    unset: 'no HA cluster: etcd and flannel',
  },
  'cni-loaded': {
    set: 'cni.yaml was applied; without this lock MicroK8s applies it again',
    unset: 'MicroK8s applies cni.yaml within seconds, on a control plane with ha-cluster',
  },
  'clustered.lock': {
    set: 'a worker that joined: it has no control plane, and does not apply cni.yaml',
    unset: 'a node with a control plane',
  },
  'no-flanneld': { set: 'flanneld does not start', unset: 'flanneld starts' },
  'no-etcd': { set: 'etcd does not start', unset: 'etcd starts' },
  'no-manage-calico': {
    set: 'a refresh of the snap leaves cni.yaml alone',
    unset: 'a refresh of the snap may replace cni.yaml, and lose changes in it',
  },
  'lite.lock': {
    set: 'kubelite runs all services of Kubernetes',
    unset: 'each service of Kubernetes is a process of its own',
  },
  'stopped.lock': { set: 'microk8s stop was called', unset: 'MicroK8s is not stopped' },
};
