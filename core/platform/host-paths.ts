/**
 * The files of a host that the agent may read to say which platform it is. Nothing else names a path:
 * neither a configuration nor a file that is read here.
 */
const readable: readonly RegExp[] = [
  // MicroK8s: the snap, its data without the credentials, and where a command with SNAP_DATA unset wrote.
  /^\/snap\/(?:microk8s|kubelet|kube-proxy|kubectl)(?:\/|$)/,
  /^\/var\/snap\/microk8s\/(?:current|x?\d+)(?:\/(?:args|var\/lock|opt\/cni)(?:\/.*)?)?$/,
  /^\/var\/lib\/snapd\/state\.json$/,
  /^\/(?:run|var)\/lock\/(?:cni-loaded|no-flanneld)$/,
  /^\/args\/(?:flanneld|flanneld-env|flannel-network-mgr-config|cni-network)$/,
  // K3s: its configuration and units, and what it wrote for flannel and the CNI. Not its tokens.
  /^\/etc\/rancher\/k3s\/[^/]*\.ya?ml(?:\.d(?:\/[^/]*)?)?$/,
  /^\/(?:etc|run|usr\/lib|usr\/local\/lib|lib)\/systemd\/system\/k3s(?:-agent)?\.service(?:\.d\/[^/]*|\.d|\.env)?$/,
  /^\/etc\/(?:default|sysconfig)\/k3s(?:-agent)?$/,
  /^\/var\/lib\/rancher\/k3s\/agent\/etc\/(?:flannel\/net-conf\.json|cni(?:\/.*)?)$/,
  /^\/var\/lib\/rancher\/k3s\/data(?:\/[^/]+(?:\/bin(?:\/[^/]+)?|\/[^/]+)?)?$/,
  // Whether they are there says that K3s started before; their content is not read.
  /^\/var\/lib\/rancher\/k3s\/(?:server\/(?:tls|db)|agent\/containerd)$/,
  /^\/usr\/local\/bin\/k3s$/,
  // kubeadm, kops, Charmed Kubernetes: the marks that they leave, and what they give the kubelet.
  /^\/var\/lib\/kubelet\/(?:kubeadm-flags\.env|config\.yaml|kubelet\.conf)$/,
  /^\/etc\/sysconfig\/kubelet$/,
  /^\/var\/snap\/kubelet\/(?:current|x?\d+)\/args$/,
  // The charm writes it; its neighbours hold credentials.
  /^\/root\/cdk\/kubelet\/config\.yaml$/,
  /^\/(?:opt|var\/cache)\/(?:kops|nodeup)(?:\/(?:bin|conf))?$/,
  /^\/(?:etc|usr\/lib|lib)\/systemd\/system\/kops-configuration\.service$/,
  /^\/var\/lib\/juju\/agents$/,
  // The CNI of every platform.
  /^\/etc\/cni\/net\.d(?:\/[^/]+)?$/,
  /^\/opt\/cni\/bin(?:\/[^/]+)?$/,
  /^\/(?:run|var\/snap\/microk8s\/common\/run)\/flannel\/subnet\.env$/,
  /^\/proc\/sys\/net\/(?:ipv4\/ip_forward|ipv[46]\/conf\/[^/]+\/forwarding)$/,
];

/** @param path absolute and without `..`; of a link that was followed, where it leads to */
export function isReadable(path: string): boolean {
  return !path.split('/').includes('..') && readable.some((form) => form.test(path));
}

/** A file that the plan may change. */
export interface WritableFile {
  /** The mode of a new file. */
  readonly mode: number;
  /** Its lines may be shown; of others only the changed ones are. */
  readonly isPublic: boolean;
}

interface WritablePaths extends WritableFile {
  readonly form: RegExp;
}

const microK8s = '/var/snap/microk8s/(?:current|x?\\d+)';
const writable: readonly WritablePaths[] = [
  { form: new RegExp(`^${microK8s}/args/cni-network/[^/]+$`), mode: 0o660, isPublic: true },
  {
    form: new RegExp(
      `^${microK8s}/args/(?:cni-env|containerd|etcd|flanneld|flanneld-env|flannel-network-mgr-config|kube-apiserver|kube-controller-manager|kube-proxy|kubelet)$`,
    ),
    mode: 0o660,
    isPublic: false,
  },
  {
    form: new RegExp(`^${microK8s}/var/lock/(?:cni-loaded|no-flanneld|no-etcd|no-manage-calico)$`),
    mode: 0o644,
    isPublic: true,
  },
  { form: /^\/etc\/rancher\/k3s\/[^/]+\.ya?ml\.d\/[^/]+\.ya?ml$/, mode: 0o600, isPublic: false },
];

/**
 * What a plan may write there; undefined: it may not. Nothing of a configuration can name a path: the
 * list is judged again by the helper that writes.
 * @param path absolute and without `..`; of a link that was followed, where it leads to
 */
export function writableFile(path: string): WritableFile | undefined {
  if (path.split('/').some((part) => part === '..' || part === '.')) return undefined;
  // The forms leave the last part of a path open, and nothing that a platform reads has these.
  if (/\p{Cc}/u.test(path)) return undefined;
  return writable.find(({ form }) => form.test(path));
}
