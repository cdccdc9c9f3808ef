/** The files of MicroK8s that edits may concern, below args and var/lock of SNAP_DATA. */
export const editableArguments = [
  'cni-env',
  'containerd',
  'etcd',
  'flanneld',
  'flanneld-env',
  'flannel-network-mgr-config',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-proxy',
  'kubelet',
] as const;

export const editableLocks = ['cni-loaded', 'no-flanneld', 'no-etcd', 'no-manage-calico'] as const;
