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
  // kubeadm, kops, Charmed Kubernetes: the marks that they leave.
  /^\/var\/lib\/kubelet\/(?:kubeadm-flags\.env|config\.yaml)$/,
  /^\/(?:opt|var\/cache)\/(?:kops|nodeup)(?:\/(?:bin|conf))?$/,
  /^\/(?:etc|usr\/lib|lib)\/systemd\/system\/kops-configuration\.service$/,
  /^\/var\/lib\/juju\/agents$/,
  // The CNI of every platform.
  /^\/etc\/cni\/net\.d(?:\/[^/]+)?$/,
  /^\/opt\/cni\/bin(?:\/[^/]+)?$/,
  /^\/proc\/sys\/net\/ipv4\/ip_forward$/,
];

/** @param path absolute and without `..`; of a link that was followed, where it leads to */
export function isReadable(path: string): boolean {
  return !path.split('/').includes('..') && readable.some((form) => form.test(path));
}
